export * from './plan.js';
export * from './claims.js';
export * from './frontends.js';
export * from './service.js';
export * from './planner.js';
