export * from './fake/index.js';
export * from './load/fake-target.js';
