export { isDnsLabel } from './fields.js';
export * from './service.js';
export { mostServicePorts } from './service-ports.js';
export { mostServiceAddresses } from './access.js';
export * from './slice.js';
export * from './endpoints.js';
