import type { Endpoint, ServicePort, SliceModel } from '../model/index.js';

/** Compares by the order of their UTF-16 units: the same on every machine, unlike a locale's order. */
function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The endpoints of a service port, from all slices of its Service: those of its family whose slice has a port of its name
 * and protocol. Slices are allowed to repeat an endpoint while the controller moves it between them: a copy that is not
 * terminating wins over one that is, a ready one over one that is not, then the slice first by name. Sorted by address
 * and port text.
 */
export function endpointsOf(slices: readonly SliceModel[], servicePort: ServicePort): readonly Endpoint[] {
  const ofFamily = slices.filter((slice) => slice.family === servicePort.family).sort((a, b) => byText(a.key, b.key));
  const merged = new Map<string, Endpoint>();
  for (const slice of ofFamily) {
    for (const { name, protocol, port } of slice.ports) {
      if (name !== servicePort.portName || protocol !== servicePort.protocol) continue;
      for (const endpoint of slice.endpoints) {
        const identity = `${endpoint.address}:${String(port)}`;
        const known = merged.get(identity);
        if (known === undefined || rank(endpoint) > rank(known)) merged.set(identity, { port, ...endpoint });
      }
    }
  }
  return [...merged].sort(([a], [b]) => byText(a, b)).map(([, endpoint]) => endpoint);
}

function rank(endpoint: Pick<Endpoint, 'terminating' | 'ready' | 'serving'>): number {
  return (endpoint.terminating ? 0 : 4) + (endpoint.ready ? 2 : 0) + (endpoint.serving ? 1 : 0);
}
