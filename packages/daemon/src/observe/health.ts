import type { Family } from '@nftproxier/core';
import type { HealthCheckScopes, ProxyHealth, ServiceHealth } from '../health/index.js';
import type { ProxyObserver } from '../sync/proxy.js';
import type { ServedChange } from '../sync/syncer.js';
import type { Wishes } from '../sync/wishes.js';

/** What is kept current. */
export interface HealthObserverOptions {
  readonly families: readonly Family[];
  readonly health: ProxyHealth;
  readonly serviceHealth: ServiceHealth;
}

/** Keeps the answers to health checks current: those about the proxy, and those about single Services. */
export function healthObserver({ families, health, serviceHealth }: HealthObserverOptions): ProxyObserver {
  const wait = (): void => {
    for (const family of families) health.queued(family);
  };
  return {
    queued: wait,
    // Also where nothing changed, and it is the table that has to be put right.
    began: wait,
    reconsidered: (node, wishes) => {
      health.setNode(node);
      serviceHealth.setScopes({ IPv4: scopeOf('IPv4', wishes), IPv6: scopeOf('IPv6', wishes) });
    },
    served: (change) => {
      setHealthCheck(serviceHealth, change);
    },
    synced: (outcome) => {
      if (!outcome.ok) return;
      for (const family of families) health.synced(family);
    },
  };
}

function scopeOf(family: Family, { settings, network }: Wishes): HealthCheckScopes[Family] {
  if (settings.nodePorts[family].kind === 'all') return { kind: 'all' };
  const isOwn = (address: string): boolean => address.includes(':') === (family === 'IPv6');
  return { kind: 'listed', addresses: network.nodePortAddresses.filter(isOwn) };
}

function setHealthCheck(serviceHealth: ServiceHealth, { service, after }: ServedChange): void {
  const check = after?.healthCheck;
  const [namespace = '', name = ''] = service.split('/');
  serviceHealth.set(service, check === undefined ? undefined : { namespace, name, ...check });
}
