export * from './expression.js';
export * from './statement.js';
export * from './operation.js';
