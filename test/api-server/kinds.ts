/** A kind of object that the server stores. */
export interface Kind {
  readonly kind: string;
  readonly apiVersion: string;
  /** API group; empty for the core group. */
  readonly group: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** What a bookmark carries besides its metadata: Go writes the fields of an empty object. */
  readonly empty: Readonly<Record<string, unknown>>;
}

const kinds: readonly Kind[] = [
  {
    kind: 'Service',
    apiVersion: 'v1',
    group: '',
    plural: 'services',
    namespaced: true,
    empty: { spec: {}, status: { loadBalancer: {} } },
  },
  {
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    group: 'discovery.k8s.io',
    plural: 'endpointslices',
    namespaced: true,
    empty: { addressType: '', endpoints: null, ports: null },
  },
  { kind: 'Node', apiVersion: 'v1', group: '', plural: 'nodes', namespaced: false, empty: { spec: {}, status: {} } },
  {
    kind: 'ServiceCIDR',
    apiVersion: 'networking.k8s.io/v1',
    group: 'networking.k8s.io',
    plural: 'servicecidrs',
    namespaced: false,
    empty: { spec: {}, status: {} },
  },
  {
    kind: 'Event',
    apiVersion: 'events.k8s.io/v1',
    group: 'events.k8s.io',
    plural: 'events',
    namespaced: true,
    empty: { eventTime: null },
  },
];

/** Resources that exist but of which nothing is stored here: somebody without permission may not even know that. */
export const otherPlurals: readonly string[] = ['secrets', 'pods', 'configmaps', 'namespaces'];

export function kindNamed(name: string): Kind {
  const found = kinds.find(({ kind }) => kind === name);
  if (!found) throw new Error(`the stand-in API server does not store objects of kind ${name}`);
  return found;
}

/** What a path addresses. */
export interface Address {
  readonly group: string;
  readonly plural: string;
  readonly kind: Kind | undefined;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

/** Reads `/api/v1/…` and `/apis/GROUP/VERSION/…`. */
export function addressOf(path: string): Address | undefined {
  const parts = path.split('/').filter((part) => part !== '');
  const group = parts[0] === 'api' ? '' : parts[0] === 'apis' ? parts[1] : undefined;
  if (group === undefined) return undefined;
  let rest = parts.slice(group === '' ? 2 : 3);
  let namespace: string | undefined;
  if (rest[0] === 'namespaces' && rest.length > 2) {
    namespace = rest[1];
    rest = rest.slice(2);
  }
  const [plural, name] = rest;
  if (plural === undefined || rest.length > 2) return undefined;
  // Events are served by two groups.
  const kind = kinds.find((k) => k.plural === plural && (k.group === group || plural === 'events'));
  return { group, plural, kind, namespace, name };
}
