export * from './expression.js';
export * from './statement.js';
export * from './operation.js';
export * from './rules.js';
