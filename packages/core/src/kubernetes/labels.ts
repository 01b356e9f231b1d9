/** On an EndpointSlice: the name of the Service it belongs to. */
export const serviceNameLabel = 'kubernetes.io/service-name';

/** On a Service: another proxy, named by the value, takes care of it. */
export const serviceProxyNameLabel = 'service.kubernetes.io/service-proxy-name';

/** On a Service and its EndpointSlices: it has no cluster IP. */
export const headlessLabel = 'service.kubernetes.io/headless';

/** On a Node: its zone. */
export const zoneLabel = 'topology.kubernetes.io/zone';

/** On an EndpointSlice: when the change of a Service or Pod that led to its latest write happened, RFC 3339. */
export const lastChangeTriggerTimeAnnotation = 'endpoints.kubernetes.io/last-change-trigger-time';

/** On a Service: how an endpoint is chosen for a new connection, one of `random`, `weighted`, `source-hash`, `maglev`. */
export const algorithmAnnotation = 'nftproxier.io/algorithm';

/** On a Service: what `source-hash` and `maglev` hash, `client` or `client-and-port`. */
export const hashKeyAnnotation = 'nftproxier.io/hash-key';

/** On a Service: how many slots its Maglev tables have at least, 1 to 65521. */
export const tableSizeAnnotation = 'nftproxier.io/table-size';

/**
 * On an EndpointSlice: weights of its endpoints, `ADDRESS=WEIGHT` separated by commas; a weight alone is that of all
 * endpoints not named. Whole numbers from 0 to 65535.
 */
export const weightsAnnotation = 'nftproxier.io/weights';
