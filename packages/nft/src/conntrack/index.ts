export { cleanFlows, listFlows, removeFlows, type Cleaned, type CleanOptions, type Listed } from './clean.js';
export { ConntrackCleaner, type CleanerClock, type CleanerOptions, type CleaningReport } from './cleaner.js';
export {
  expectationsOf,
  expectationsOfAll,
  mergeExpectations,
  noExpectations,
  unNattedFlows,
  type Expectation,
  type Expectations,
  type ExpectedFrontend,
  type PlanTransition,
} from './expectations.js';
export { FlowParser, parseFlow, type Flow, type Tuple } from './flow.js';
export { createStaleTest, deletionOf, type StaleFlows, type StaleTest } from './stale.js';
