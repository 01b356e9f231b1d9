/** Small, readable builders of Kubernetes objects for tests, and worlds of them drawn at random. */
export * from './testing/index.js';
