export * from './choose.js';
export * from './hints.js';
export { jhash } from './jhash.js';
export { maglevTable, maglevTableSize, maglevTableSizes, type TableEndpoint } from './maglev.js';
export * from './slots.js';
export { mostWeight, type Weighted } from './weights.js';
