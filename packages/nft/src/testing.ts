/** What tests need: nftables in memory, faults, packets traced through your own objects, and builders of these. */
export * from './fake/index.js';
export * from './load/fake-target.js';
export * from './testing/index.js';
export { renderTrace, tracePacket } from './trace/index.js';
export { node, service, slice } from '@nftproxier/core/testing';
export type { EndpointFields, NodeFields, ServiceFields, SliceFields } from '@nftproxier/core/testing';
