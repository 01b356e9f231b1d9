export * from './syntax/index.js';
export * from './render/index.js';
export * from './ruleset/index.js';
export * from './run/index.js';
export * from './trace/index.js';
export * from './table/model.js';
export * from './conntrack/index.js';
export * from './load/index.js';
