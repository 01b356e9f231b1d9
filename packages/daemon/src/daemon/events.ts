import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { createEventRecorder, eventTransport } from '../events/index.js';
import type { EventRecorder } from '../events/index.js';
import type { Metrics } from '../metrics/index.js';
import type { ApiClient } from '../reflector/index.js';
import type { Endings } from './endings.js';

/** Milliseconds that the end waits for Events that are on their way: the one that says why is among them. */
const patience = 2_000;

/** What Events are sent with. */
export interface EventsOptions {
  /** Undefined where there is no API server: Events go nowhere then. */
  readonly client: ApiClient | undefined;
  readonly nodeName: string;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly endings: Endings;
}

/** Events, to be emitted from anywhere in the daemon. */
export function startEvents({ client, nodeName, metrics, log, endings }: EventsOptions): Pick<EventRecorder, 'emit'> {
  if (client === undefined) return { emit: () => undefined };
  const stopped = new AbortController();
  let isReported = false;
  const recorder = createEventRecorder({
    transport: eventTransport(client, stopped.signal),
    // The controller's name is kube-proxy's, so that what looks for its Events finds ours.
    reporter: { controller: 'kube-proxy', instance: nodeName },
    now: Date.now,
    sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal, ref: false }).catch(() => undefined),
    finished: (result, { reason, regarding }, error) => {
      metrics.add('nftproxier_events_total', 1, { result });
      const facts = { reason, kind: regarding.kind, namespace: regarding.namespace, name: regarding.name };
      if (result === 'sent') isReported = false;
      else if (isReported || stopped.signal.aborted) log.debug({ ...facts, err: error }, `an Event was ${result}`);
      else {
        isReported = true;
        log.warn({ ...facts, err: error }, `an Event was ${result}; services do not depend on it`);
      }
    },
  });
  endings.add(async () => {
    await Promise.race([recorder.settled(), sleep(patience)]);
    stopped.abort();
    await recorder.stop();
  });
  return recorder;
}
