import { parseAddress, parseCidr } from '@nftproxier/core';
import type { Address, Cidr, ServiceKey, ServicePlan } from '@nftproxier/core';
import type { NetworkElements, TableSettings } from '@nftproxier/nft';
import type { RunningProxy } from './running.js';

/** The first line of a dump: what the table depends on apart from Services. */
export interface DumpStart {
  readonly kind: 'node';
  /** Version of nftproxier; plans of another version may have other fields. */
  readonly version: string;
  readonly node: string;
  /** The table in the kernel; absent before the first load, when no plans follow. */
  readonly table?: string;
  readonly settings: TableSettings;
  readonly network: NetworkElements;
  /** Addresses of the Node, the primary one of each family first. */
  readonly nodeAddresses: readonly Address[];
  /** Addresses of the machine's interfaces. */
  readonly localAddresses: readonly Address[];
  /** `spec.podCIDRs` of the Node. */
  readonly podCIDRs: readonly Cidr[];
}

/** The last line of a dump: without it, the dump is not complete. */
export interface DumpEnd {
  readonly kind: 'end';
  /** Services in the dump. */
  readonly services: number;
  /** Whether syncs changed the table while it was read: the plans may be of different moments. */
  readonly changed: boolean;
}

/** A line of a dump. */
export type DumpLine = DumpStart | { readonly kind: 'service'; readonly plan: ServicePlan } | DumpEnd;

/** Which Services to dump; all if nothing is given. */
export interface DumpRequest {
  readonly service?: string;
  /** Those that packets to this address, or to this port of the node, may have to do with. */
  readonly destination?: Destination;
}

/** Where packets go. */
export interface Destination {
  readonly address: Address;
  readonly port: number;
}

/**
 * What the kernel serves, line by line: a reader that is slow holds up nobody, and nothing is kept for it.
 *
 * @returns undefined in place of a Service that was not asked for, so that the caller can let others have their turn.
 */
export function* dump(proxy: RunningProxy, { service, destination }: DumpRequest): Generator<DumpLine | undefined> {
  const { model } = proxy.loader;
  yield startOf(proxy);
  const syncs = (): number => proxy.history.totals.changes + proxy.history.totals.replacements;
  const before = syncs();
  let services = 0;
  for (const key of service === undefined ? (model?.services() ?? []) : [service as ServiceKey]) {
    const plan = model?.planOf(key);
    const isWanted = plan !== undefined && (destination === undefined || concerns(plan, destination));
    if (isWanted) services += 1;
    yield isWanted ? { kind: 'service', plan } : undefined;
  }
  yield { kind: 'end', services, changed: syncs() !== before };
}

function startOf({ loader, version, nodeName, wishes, localAddresses, cluster }: RunningProxy): DumpStart {
  const { model, tableName } = loader;
  const asked = wishes();
  const podCIDRs: unknown = cluster().node?.spec?.podCIDRs;
  return {
    kind: 'node',
    version,
    node: nodeName,
    ...(tableName === undefined ? {} : { table: tableName }),
    settings: model?.settings ?? asked.settings,
    network: model?.network ?? asked.network,
    nodeAddresses: asked.view.addresses.flatMap((address) => parseAddress(address) ?? []),
    localAddresses: localAddresses(),
    podCIDRs: Array.isArray(podCIDRs) ? podCIDRs.flatMap((text) => parseCidr(text) ?? []) : [],
  };
}

function concerns({ ports }: ServicePlan, { address, port }: Destination): boolean {
  return ports.some(
    ({ frontends, cluster, local, clusterIP }) =>
      clusterIP === address ||
      frontends.some((frontend) =>
        frontend.kind === 'NodePort' ? frontend.port === port : frontend.address === address,
      ) ||
      [cluster, local].some((backends) => backends.some((backend) => backend.address === address)),
  );
}
