export * from './net/index.js';
export * from './kubernetes/index.js';
export * from './model/index.js';
export * from './translate/index.js';
export * from './balance/index.js';
export * from './plan/index.js';
