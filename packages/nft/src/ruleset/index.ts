export * from './settings.js';
export * from './names.js';
export * from './pick.js';
export * from './skeleton.js';
export * from './parts.js';
export * from './contribution.js';
export * from './network.js';
