export * from './objects.js';
export * from './random.js';
export * from './world.js';
