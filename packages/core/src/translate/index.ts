export { isDnsLabel } from './fields.js';
export * from './service.js';
export * from './slice.js';
export * from './endpoints.js';
