import { release } from 'node:os';
import { Planner, nodeView } from '@nftproxier/core';
import type { Cidr, EndpointSlice, Family, Service } from '@nftproxier/core';
import { Loader, createLoadTarget, createNft, defaultTableSettings, lookupsOn } from '@nftproxier/nft';
import type { Applied, Nft, TableSettings, Transaction } from '@nftproxier/nft';
import { createLab } from '../lab/index.js';
import type { Lab } from '../lab/index.js';

/** Whether the full numbers are asked for, instead of those that fit the gate. */
export const isFull = process.env['NFTPROXIER_FULL'] === '1';

/** Milliseconds a test with full numbers may take, and one of the gate. */
export const longTest = isFull ? 1_200_000 : 240_000;

/** One Service port of a test: what it is reached at, and its endpoints as `address:port`. */
export interface TestService {
  readonly name: string;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly family: Family;
  readonly clusterIP: string;
  readonly nodePort?: number;
  readonly endpoints: readonly string[];
}

/** A node of a lab with core and nft alone on it: a planner, a loader, and a record of every transaction. */
export class TestNode {
  readonly planner = new Planner(nodeView('node-a'));
  readonly transactions: Transaction[] = [];
  readonly nft: Nft;
  readonly #target: ReturnType<typeof createLoadTarget>;
  #loader: Loader;

  constructor(prefix: readonly string[]) {
    this.nft = createNft({ prefix, timeoutMs: 60_000 });
    const target = createLoadTarget(this.nft);
    this.#target = {
      ...target,
      apply: async (transaction) => {
        await target.apply(transaction);
        this.transactions.push(transaction);
      },
    };
    this.#loader = new Loader(this.#target);
  }

  get loader(): Loader {
    return this.#loader;
  }

  /** Makes a Service be as given; `undefined` endpoints delete it. */
  set(service: TestService): void {
    this.planner.setService(serviceOf(service));
    this.planner.setEndpointSlice(sliceOf(service));
  }

  delete(name: string): void {
    this.planner.deleteService({ metadata: { namespace: 'test', name } });
    this.planner.deleteEndpointSlice({ metadata: { namespace: 'test', name: `${name}-a` } });
  }

  /** Brings what changed into the kernel. */
  async sync(): Promise<Applied> {
    const changes = this.planner.takeChanges();
    return this.#loader.model === undefined ? this.replace() : this.#loader.apply(changes);
  }

  /** Loads everything beside the table in service, as a new process would. */
  async restart(): Promise<Applied> {
    this.#loader = new Loader(this.#target);
    return this.replace();
  }

  async replace(): Promise<Applied> {
    this.planner.takeChanges();
    const plans = this.planner.plans.values();
    return this.#loader.replace({ ...labTable, plans });
  }
}

/** Pods are told by the lab's cluster CIDRs. */
const labSettings: TableSettings = {
  ...defaultTableSettings,
  lookups: lookupsOn(release()),
  localPods: {
    IPv4: { kind: 'source', cidr: '10.244.0.0/16' as Cidr },
    IPv6: { kind: 'source', cidr: 'fd00:10:244::/56' as Cidr },
  },
};

/** A table on node-a, apart from Services. */
export const labTable = { settings: labSettings, network: { nodePortAddresses: [], serviceCIDRs: [] } } as const;

/** A node in a lab of its own. */
export async function openNode(): Promise<{ readonly node: TestNode; readonly lab: Lab }> {
  const lab = await createLab();
  return { lab, node: new TestNode(lab.namespace('node-a').prefix) };
}

function serviceOf({ name, protocol, family, clusterIP, nodePort }: TestService): Service {
  const port = { name: 'p', protocol, port: 80, ...(nodePort === undefined ? {} : { nodePort }) };
  return {
    metadata: { namespace: 'test', name, creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { clusterIP, clusterIPs: [clusterIP], ipFamilies: [family], ports: [port] },
  };
}

function sliceOf({ name, protocol, family, endpoints }: TestService): EndpointSlice {
  const port = Number(endpoints[0]?.split(/:(?=\d+$)/)[1] ?? 80);
  return {
    metadata: { namespace: 'test', name: `${name}-a`, labels: { 'kubernetes.io/service-name': name } },
    addressType: family,
    ports: [{ name: 'p', protocol, port }],
    endpoints: endpoints.map((endpoint) => ({ addresses: [endpoint.split(/:(?=\d+$)/)[0] ?? ''] })),
  };
}
