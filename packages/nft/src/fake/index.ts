export { FakeNft } from './fake.js';
export { type Fault, type FaultPlan, FaultyTarget, randomFaults } from './faulty.js';
export { keyText, valueText } from './key.js';
export type { ChainState, Ruleset, SetState, TableState } from './ruleset.js';
