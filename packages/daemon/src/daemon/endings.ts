/** Ends something that was begun. */
export type End = () => Promise<void> | void;

/** What was begun and has to be ended: last first, because what comes later uses what came before. */
export class Endings {
  readonly #ends: End[] = [];

  add(end: End): void {
    this.#ends.push(end);
  }

  /** Ends everything; one that fails is told of and does not keep the others from being ended. Never rejects. */
  async run(failed: (error: unknown) => void): Promise<void> {
    for (let end = this.#ends.pop(); end !== undefined; end = this.#ends.pop()) {
      try {
        await end();
      } catch (error) {
        failed(error);
      }
    }
  }
}
