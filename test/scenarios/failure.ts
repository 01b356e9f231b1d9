import type { Packet, Scenario, Step } from './format.js';

/** Something that was not as a scenario says, as a sentence that starts with where. */
export type Failure = string;

/** Says where something was not as expected; nothing where it was. */
export function locate(
  scenario: Scenario,
  step: Step,
  packet: Packet | undefined,
  fault: string | undefined,
): Failure[] {
  return fault === undefined ? [] : [`${scenario.file}, ${step.title}, ${packet?.text ?? ''}: ${fault}`];
}
