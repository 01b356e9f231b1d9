/** How long after its end a process still counts as one of ours, in milliseconds: what the kernel tells of it comes late. */
const remembered = 5_000;

/**
 * The processes that we started, by id: what they do to the ruleset is not somebody else's doing. An id that the kernel
 * gives to another process soon afterwards is taken for ours; audits find what that one does.
 */
export class OwnProcesses {
  readonly #now: () => number;
  readonly #running = new Set<number>();
  /** When they ended, the first one first. */
  readonly #ended = new Map<number, number>();

  /** @param now milliseconds since any moment. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** A process runs; undefined is none. */
  began(pid: number | undefined): void {
    if (pid !== undefined) this.#running.add(pid);
  }

  /** It has ended. */
  ended(pid: number | undefined): void {
    if (pid === undefined || !this.#running.delete(pid)) return;
    const now = this.#now();
    this.#ended.delete(pid);
    this.#ended.set(pid, now);
    for (const [old, at] of this.#ended) {
      if (now - at <= remembered) break;
      this.#ended.delete(old);
    }
  }

  /** Whether a process is ours, or was until a moment ago. */
  has(pid: number): boolean {
    const endedAt = this.#ended.get(pid);
    return this.#running.has(pid) || (endedAt !== undefined && this.#now() - endedAt <= remembered);
  }
}
