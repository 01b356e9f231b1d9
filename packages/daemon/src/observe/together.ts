import type { ProxyObserver } from '../sync/proxy.js';

/** Several observers as one; each is told in turn. */
export function together(observers: readonly ProxyObserver[]): ProxyObserver {
  return {
    queued: () => {
      for (const { queued } of observers) queued?.();
    },
    began: () => {
      for (const { began } of observers) began?.();
    },
    served: (change) => {
      for (const { served } of observers) served?.(change);
    },
    synced: async (outcome) => {
      for (const { synced } of observers) await synced?.(outcome);
    },
    reconsidered: (node, wishes) => {
      for (const { reconsidered } of observers) reconsidered?.(node, wishes);
    },
    diagnosed: (diagnostic) => {
      for (const { diagnosed } of observers) diagnosed?.(diagnostic);
    },
    choreFailed: (chore) => {
      for (const { choreFailed } of observers) choreFailed?.(chore);
    },
  };
}
