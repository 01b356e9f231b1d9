export { type Destination, parseDestination } from './destination.js';
export { type Packet, TraceError, type TraceNode } from './packet.js';
export { remembering } from './remembering.js';
export { renderTrace } from './text.js';
export { type Trace, type TraceEndpoint, type TraceOutcome, tracePacket, type TraceVerdict } from './trace.js';
export type { Hook, SetUpdate, Step } from './world.js';
