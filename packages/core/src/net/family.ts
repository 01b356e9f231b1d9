/** An IP family, in the words of `Service.spec.ipFamilies` and `EndpointSlice.addressType`. */
export type Family = 'IPv4' | 'IPv6';

/** Both families, IPv4 first. */
export const families: readonly Family[] = ['IPv4', 'IPv6'];

/** A transport protocol, in the words of `Service.spec.ports[].protocol`. */
export type Protocol = 'TCP' | 'UDP' | 'SCTP';

/** The protocols a proxy balances. */
export const protocols: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];
