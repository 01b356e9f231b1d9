/** What became of things that kube-proxy left. */
export interface Removal {
  /** What was there and is no more, in words. */
  readonly removed: readonly string[];
  /** What was left alone, and why. */
  readonly kept: readonly string[];
  /** Nothing is left that could be removed later. */
  readonly isComplete: boolean;
}

/** Nothing was there. */
export const nothingLeft: Removal = { removed: [], kept: [], isComplete: true };

/** All of them together. */
export function together(removals: readonly Removal[]): Removal {
  return {
    removed: removals.flatMap(({ removed }) => removed),
    kept: removals.flatMap(({ kept }) => kept),
    isComplete: removals.every(({ isComplete }) => isComplete),
  };
}
