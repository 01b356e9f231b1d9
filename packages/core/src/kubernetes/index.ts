export * from './objects.js';
export * from './labels.js';
export * from './defaults.js';
