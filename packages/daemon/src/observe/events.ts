import type { Diagnostic } from '@nftproxier/core';
import type { Loader } from '@nftproxier/nft';
import { addressConflict, rulesRefused } from '../events/index.js';
import type { EventRecorder, ServiceReference } from '../events/index.js';
import type { ProxyObserver } from '../sync/proxy.js';
import { Refusals } from './refusals.js';

/** Where Events go, and what they need to name a Service. */
export interface EventsObserverOptions {
  readonly events: Pick<EventRecorder, 'emit'>;
  readonly loader: Pick<Loader, 'refused'>;
  /** `metadata.uid` of a Service; `kubectl describe` shows Events that have it. */
  readonly uidOf: (namespace: string, name: string) => string | undefined;
}

/** Writes Events at Services that are not served as they ask: refused by nft, or in conflict with another one. */
export function eventsObserver({ events, loader, uidOf }: EventsObserverOptions): ProxyObserver {
  const refusals = new Refusals();
  const reference = (namespace: string, name: string): ServiceReference => {
    const uid = uidOf(namespace, name);
    return { namespace, name, ...(uid === undefined ? {} : { uid }) };
  };
  return {
    diagnosed: ({ code, kind, namespace, name, message }: Diagnostic) => {
      if (code === 'address-conflict' && kind === 'Service')
        events.emit(addressConflict(reference(namespace, name), message));
    },
    synced: (outcome) => {
      if (!outcome.ok) return;
      for (const { service, error } of refusals.news(outcome.report.applied.refused, loader.refused)) {
        const [namespace = '', name = ''] = service.split('/');
        events.emit(rulesRefused(reference(namespace, name), error.message));
      }
    },
  };
}
