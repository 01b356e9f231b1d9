/**
 * What a loader guards against. Everything is on; a test that switches one off shows what it is good for, and nobody else
 * has a reason to.
 */
export interface LoadProtections {
  /** A refused transaction is taken apart until the services to blame are found; otherwise it fails as a whole. */
  readonly findsRefused: boolean;
  /** A refused service lets go of what it no longer asks for, and changes that depend on each other are made together. */
  readonly releases: boolean;
}

/** Everything on. */
export const allLoadProtections: LoadProtections = { findsRefused: true, releases: true };
