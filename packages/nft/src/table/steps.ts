/** Goes through all steps at once, and returns what comes out. */
export function finish<Result>(steps: Generator<undefined, Result>): Result {
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}

/**
 * Lets whatever else is due in this process go on, if that has had to wait for some milliseconds. It is called often, and
 * decides itself when it is time.
 */
export type Pause = () => Promise<void>;

/** Goes through steps with a pause after each, and resolves to what comes out; without pauses, all at once. */
export async function withPauses<Result>(
  steps: Generator<undefined, Result>,
  pause: Pause | undefined,
): Promise<Result> {
  if (pause === undefined) return finish(steps);
  let step = steps.next();
  while (step.done !== true) {
    await pause();
    step = steps.next();
  }
  return step.value;
}
