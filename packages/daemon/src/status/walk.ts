/** Items looked at before others get their turn: a few milliseconds of work. */
const portion = 2_000;

/** Lets everything else that waits in this process run first. */
export type Pause = () => Promise<void>;

/** After what waits on the event loop now. */
export const nextTurn: Pause = () =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/** Looks at every item, in portions: a sync never waits for the reading of 100,000 Services. */
export async function walk<T>(items: Iterable<T>, look: (item: T) => void, pause: Pause): Promise<void> {
  let looked = 0;
  for (const item of items) {
    look(item);
    looked += 1;
    if (looked % portion === 0) await pause();
  }
}
