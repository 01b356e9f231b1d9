export { type Mismatch, mismatchOf, type PacketExpectation } from './expectation.js';
export {
  playScenario,
  type Scenario,
  ScenarioError,
  type ScenarioFailure,
  type ScenarioPacket,
  type ScenarioStep,
} from './scenario.js';
export { TracedNode, type TracedNodeFields } from './traced-node.js';
