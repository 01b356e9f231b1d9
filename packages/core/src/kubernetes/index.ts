export * from './objects.js';
export * from './labels.js';
