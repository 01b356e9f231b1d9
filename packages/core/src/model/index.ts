export * from './diagnostic.js';
export * from './service.js';
export * from './endpoint.js';
export * from './node.js';
export * from './algorithm.js';
