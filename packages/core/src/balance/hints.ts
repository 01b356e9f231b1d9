import type { Endpoint } from '../model/index.js';
import type { Place, Topology } from './choose.js';

/** Why no hint narrows the choice of endpoints. */
export type HintRefusal =
  /** No traffic of the port may leave the node: hints are for traffic that may. */
  | 'local-only'
  /** No endpoint is ready; hints of terminating ones do not count. */
  | 'nothing-ready'
  /** No ready endpoint has a hint. */
  | 'no-hints'
  /** The Node has no zone label to compare hints with. */
  | 'node-without-zone'
  /** Some ready endpoint has no hint, and one is enough: slices are not updated together. */
  | 'endpoint-without-hint'
  /** Every ready endpoint has a hint, and none is for this zone. */
  | 'no-endpoint-for-zone';

/** Whether hints are honoured at a place, and if not, why. */
export type HintVerdict =
  | { readonly honoured: true; readonly by: Exclude<Topology, 'none'> }
  | {
      readonly honoured: false;
      readonly reason: HintRefusal;
      /** In one sentence. */
      readonly message: string;
    };

/**
 * Says why `chooseEndpoints` came to the topology it came to.
 *
 * @param endpoints those it chose from.
 * @param topology what it returned, or undefined where it made no list for traffic that may leave the node.
 */
export function hintVerdict(endpoints: readonly Endpoint[], place: Place, topology: Topology | undefined): HintVerdict {
  if (topology === undefined) return refused('local-only', 'no traffic of this port may leave the node');
  if (topology !== 'none') return { honoured: true, by: topology };
  const ready = endpoints.filter((endpoint) => endpoint.ready);
  const hinted = ready.filter(({ zoneHints }) => zoneHints.length > 0);
  if (ready.length === 0) return refused('nothing-ready', 'no endpoint is ready');
  if (hinted.length === 0) return refused('no-hints', 'no ready endpoint has a hint');
  if (place.zone === '') return refused('node-without-zone', 'the Node has no label topology.kubernetes.io/zone');
  if (hinted.length < ready.length) {
    const first = ready.find(({ zoneHints }) => zoneHints.length === 0);
    const count = `${String(ready.length - hinted.length)} of ${String(ready.length)}`;
    return refused('endpoint-without-hint', `${count} ready endpoints have no hint, such as ${first?.address ?? ''}`);
  }
  return refused('no-endpoint-for-zone', 'no ready endpoint has a hint for this zone');
}

function refused(reason: HintRefusal, message: string): HintVerdict {
  return { honoured: false, reason, message };
}
