export * from './loader.js';
export * from './target.js';
export * from './tables.js';
export type { Applied, RefusedService } from './apply.js';
