export {
  type Counters,
  defaultTableSettings,
  type LocalPodDetector,
  type NetworkElements,
  type NodePortAddresses,
  type TableSettings,
  type Lookups,
} from './settings.js';
export { activationOperations, skeletonOperations } from './skeleton.js';
export type { PortSlots } from './parts.js';
