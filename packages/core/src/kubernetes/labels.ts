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
