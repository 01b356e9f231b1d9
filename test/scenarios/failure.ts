import type { Packet, Scenario, Step } from './format.js';

/** Something that was not as a scenario says, as a sentence that starts with where. */
export type Failure = string;

/** Says where something was not as expected. */
export function locate(scenario: Scenario, step: Step, packet: Packet, fault: string): Failure {
  return `${scenario.file}, ${step.title}, ${packet.text}: ${fault}`;
}
