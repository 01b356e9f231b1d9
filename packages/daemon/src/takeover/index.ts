export { createDetector, type Detector, type Sign } from './detect.js';
export { type LeftoversRemoval, removeLeftovers } from './leftovers.js';
export { answererAt, readConfigz } from './ports.js';
export { hostPrograms, type Programs } from './programs.js';
export { createTakeover, type Takeover, type TakeoverNews } from './takeover.js';
