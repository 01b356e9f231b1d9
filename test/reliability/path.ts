import type { Diagnostic, KubernetesObject, ServiceKey } from '@nftproxier/core';
import { nodeView } from '@nftproxier/core';
import { Loader, createLoadTarget, createNft, defaultTableSettings } from '@nftproxier/nft';
import type { LoadProtections, LoadTarget, Nft, TableSettings } from '@nftproxier/nft';
import type { ObjectKind } from '../../packages/daemon/src/sources/source.js';
import { ClusterState } from '../../packages/daemon/src/sync/cluster.js';
import { Syncer } from '../../packages/daemon/src/sync/syncer.js';
import type { SyncReport } from '../../packages/daemon/src/sync/syncer.js';
import { openNamespace } from '../lab/namespace.js';
import type { NetworkNamespace } from '../lab/namespace.js';

/** What differs from the daemon as it is. */
export interface PathOptions {
  readonly protections?: Partial<LoadProtections>;
  /** What stands between the loader and nft. */
  readonly between?: (target: LoadTarget) => LoadTarget;
  readonly settings?: TableSettings;
  /** Words that start nft, in the namespace. */
  readonly starter?: readonly string[];
}

/** A table of somebody else, and what an attack would do to it. */
const canary = `table ip victim {
  set addresses { type ipv4_addr; elements = { 192.0.2.66 }; }
  chain input { type filter hook input priority 0; ip saddr @addresses counter drop; }
}
`;

/**
 * The whole way from objects to the kernel, as the daemon has it, in a network namespace in which somebody else has a
 * table.
 */
export class WholePath {
  readonly namespace: NetworkNamespace;
  readonly nft: Nft;
  readonly cluster = new ClusterState(nodeView('node-a', { addresses: ['192.0.2.1', '2001:db8::1'] }));
  readonly loader: Loader;
  readonly diagnostics: Diagnostic[] = [];
  readonly #syncer: Syncer;

  constructor(namespace: NetworkNamespace, { protections, between, settings, starter = [] }: PathOptions) {
    this.namespace = namespace;
    this.nft = createNft({ prefix: [...namespace.prefix, ...starter], timeoutMs: 120_000 });
    const target = createLoadTarget(this.nft);
    this.loader = new Loader(between?.(target) ?? target, protections);
    this.#syncer = new Syncer({
      cluster: this.cluster,
      loader: this.loader,
      required: ['Service', 'EndpointSlice'],
      wishes: () => ({
        settings: settings ?? defaultTableSettings,
        network: { nodePortAddresses: [], serviceCIDRs: this.cluster.serviceCIDRs },
      }),
      onDiagnostic: (diagnostic) => this.diagnostics.push(diagnostic),
    });
  }

  /** Makes these all objects of a kind. Whatever they are: nothing here looks at them. */
  replace(kind: ObjectKind, objects: readonly unknown[]): void {
    this.cluster.apply({ kind, type: 'replace', objects: objects as readonly KubernetesObject[] });
  }

  /** Objects that come or change. */
  set(kind: ObjectKind, objects: readonly unknown[]): void {
    const events = (objects as readonly KubernetesObject[]).map((object) => ({ type: 'set', object }) as const);
    this.cluster.apply({ kind, type: 'delta', events });
  }

  /** One sync, which must be ready. */
  async sync(): Promise<SyncReport> {
    const report = await this.#syncer.sync();
    if (report === undefined) throw new Error('the sync was not ready');
    return report;
  }

  /** Services whose plan the kernel does not serve as it is. */
  lost(): readonly ServiceKey[] {
    const { planner } = this.cluster;
    return [...planner.plans].flatMap(([key, plan]) => (this.loader.model?.planOf(key) === plan ? [] : [key]));
  }

  /** The ruleset without ours, as nft lists it. */
  async others(): Promise<string> {
    const { stdout } = await this.namespace.exec(['nft', 'list', 'ruleset']);
    return stdout.replace(/^table inet nftproxier(-2)? \{\n[^]*?^\}(\n|$)/gm, '').trim();
  }

  /** The whole of our table, as nft lists it. */
  async listing(): Promise<string> {
    return (await this.namespace.exec(['nft', 'list', 'table', 'inet', this.loader.tableName ?? ''])).stdout;
  }

  async close(): Promise<void> {
    await this.namespace.close();
  }
}

/** A path in a namespace of its own; `settings` are kernel settings of it. */
export async function openPath(options: PathOptions = {}): Promise<WholePath> {
  const namespace = await openNamespace('path');
  await namespace.exec(['nft', '-f', '-'], { input: canary });
  return new WholePath(namespace, options);
}

/** So many Services with two endpoints each, and their slices. Those of another generation have other endpoints. */
export function manyServices(
  count: number,
  generation = 0,
): {
  readonly services: readonly object[];
  readonly slices: readonly object[];
} {
  const numbers = Array.from({ length: count }, (_, index) => index);
  return {
    services: numbers.map((index) => manyService(index)),
    slices: numbers.map((index) => ({
      kind: 'EndpointSlice',
      metadata: {
        namespace: 'many',
        name: `many-${String(index)}-1`,
        labels: { 'kubernetes.io/service-name': `many-${String(index)}` },
      },
      addressType: 'IPv4',
      ports: [{ name: '', protocol: 'TCP', port: 8080 }],
      endpoints: [1, 2].map((number) => ({
        addresses: [`10.${String(128 + (index >> 8))}.${String(index & 255)}.${String(2 * generation + number)}`],
        conditions: { ready: true },
      })),
    })),
  };
}

/** One of {@link manyServices}, at another port if asked for. */
export function manyService(index: number, port = 80): object {
  const clusterIP = `10.96.${String(index >> 8)}.${String(index & 255)}`;
  return {
    kind: 'Service',
    metadata: { namespace: 'many', name: `many-${String(index)}` },
    spec: { type: 'ClusterIP', clusterIP, clusterIPs: [clusterIP], ipFamilies: ['IPv4'], ports: [{ port }] },
  };
}
