import type { EndpointSlice, KubernetesObject, Node, Service, ServiceCIDR } from '@nftproxier/core';
import type { Clock } from './clock.js';
import type { Resource } from './resource.js';
import { endpointSlices, node, serviceCIDRs, services } from './resources.js';
import type { ApiTransport } from './transport/transport.js';
import type { Batch } from './watch/delivery.js';
import type { Limits } from './watch/limits.js';
import { Reflector } from './watch/reflector.js';
import type { Warning, WatchStatus } from './watch/status.js';

/** A batch of one kind of object. */
export type ClusterBatch =
  | ({ readonly kind: 'Service' } & Batch<Service>)
  | ({ readonly kind: 'EndpointSlice' } & Batch<EndpointSlice>)
  | ({ readonly kind: 'Node' } & Batch<Node>)
  | ({ readonly kind: 'ServiceCIDR' } & Batch<ServiceCIDR>);

/** As `BatchHandler`. Batches of different kinds may overlap if it returns promises. */
export type ClusterBatchHandler = (batch: ClusterBatch) => void | Promise<void>;

/** What a cluster source works with; what is not given is this process's own or the default. */
export interface ClusterSourceOptions {
  /** The way to the API server; shared by the reflectors of all kinds, and the caller's to close. */
  readonly transport: ApiTransport;
  /** The Node that is told of. */
  readonly nodeName: string;
  /** Told once when something begins that a person should know about; `kind` is that of the resource. */
  readonly onWarning?: (warning: Warning & { readonly kind: string }) => void;
  /** {@link systemClock} if not given. */
  readonly clock?: Clock;
  /** From 0 up to but not including 1; `Math.random` if not given. */
  readonly random?: () => number;
  /** Those that differ from {@link defaultLimits}. */
  readonly limits?: Partial<Limits>;
}

/** What a service proxy needs to know of its cluster. */
export interface ClusterSource {
  /** Resolves when the handler has taken the first complete list of every kind. */
  readonly synced: Promise<void>;
  /** Begins. Throws if it has begun before. */
  start(handler: ClusterBatchHandler): void;
  /** Ends; resolves when nothing is left of it. The transport remains the caller's to close. */
  stop(): Promise<void>;
  /** Of each kind. */
  status(): readonly WatchStatus[];
}

/** Services, EndpointSlices, the own Node and ServiceCIDRs, each in a reflector with kube-proxy's selectors. */
export function createClusterSource(options: ClusterSourceOptions): ClusterSource {
  const { nodeName, onWarning, ...shared } = options;
  let handle: ClusterBatchHandler = () => undefined;
  let started = false;

  function reflect<T extends KubernetesObject>(
    resource: Resource<T>,
    tag: (batch: Batch<T>) => ClusterBatch,
  ): Reflector<T> {
    return new Reflector<T>({
      ...shared,
      resource,
      handler: (batch) => handle(tag(batch)),
      ...(onWarning ? { onWarning: (warning) => onWarning({ ...warning, kind: resource.kind }) } : {}),
    });
  }

  const reflectors = [
    reflect(services, (batch) => ({ kind: 'Service', ...batch })),
    reflect(endpointSlices, (batch) => ({ kind: 'EndpointSlice', ...batch })),
    reflect(node(nodeName), (batch) => ({ kind: 'Node', ...batch })),
    reflect(serviceCIDRs, (batch) => ({ kind: 'ServiceCIDR', ...batch })),
  ] as const;

  return {
    synced: Promise.all(reflectors.map(({ synced }) => synced)).then(() => undefined),
    start: (handler) => {
      if (started) throw new Error('the cluster source was started before');
      started = true;
      handle = handler;
      for (const reflector of reflectors) reflector.start();
    },
    stop: async () => {
      await Promise.all(reflectors.map((reflector) => reflector.stop()));
    },
    status: () => reflectors.map((reflector) => reflector.status()),
  };
}
