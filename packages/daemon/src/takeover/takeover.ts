import type { Clock } from '../sync/clock.js';
import type { Detector, Sign } from './detect.js';
import type { LeftoversRemoval } from './leftovers.js';

/** What a takeover tells: for the log, metrics and Events. */
export type TakeoverNews =
  /** kube-proxy runs on this node. What is its own is left alone. */
  | { readonly kind: 'running'; readonly signs: readonly Sign[] }
  /** It no longer does. */
  | { readonly kind: 'gone' }
  /** What it left was removed, as far as it could be. */
  | { readonly kind: 'removed'; readonly removal: LeftoversRemoval };

/** What a takeover is made of. */
export interface TakeoverOptions {
  readonly detector: Detector;
  /** Removes what kube-proxy left; undefined where that is not wanted. */
  readonly removeLeftovers: (() => Promise<LeftoversRemoval>) | undefined;
  readonly clock: Clock;
  readonly tell: (news: TakeoverNews) => void;
  /** Could not look, or not remove for an unexpected reason; it is tried again. */
  readonly failed: (error: unknown) => void;
}

/** Takes over from kube-proxy. */
export interface Takeover {
  /** Looks for a running kube-proxy for the first time. To be called before this process opens ports of its own. */
  readonly begin: () => Promise<void>;
  /** Our rules are live. What kube-proxy left is not needed any more. */
  readonly served: () => void;
  readonly stop: () => Promise<void>;
}

/** Milliseconds between two looks. */
const period = 30_000;

/**
 * Removes what kube-proxy left on this node once our own rules are live, and watches whether kube-proxy runs.
 *
 * Guarantees:
 * - Nothing is removed before {@link Takeover.served}: until then kube-proxy's rules carry the traffic.
 * - Nothing is removed while kube-proxy is seen to run: it would write its rules again, and we would remove them again. Both
 *   are live then, and of two rules that change a destination the first counts, which are those that came last.
 * - A kube-proxy that was seen must be missing twice in a row: a restart of it is not its end.
 * - What was removed once is not removed again. Tables that come back are reported, as signs of a kube-proxy that cannot be
 *   seen, and left alone.
 *
 * Looks never overlap, and no method throws.
 */
export function createTakeover({ detector, removeLeftovers, clock, tell, failed }: TakeoverOptions): Takeover {
  let signs: readonly Sign[] = [];
  let absences = 0;
  let isLive = false;
  let isDone = false;
  let told = '';
  let looking: Promise<void> | undefined;
  let cancel: (() => void) | undefined;
  let isStopped = false;

  const note = (seen: readonly Sign[]): void => {
    absences = seen.length > 0 ? 0 : absences + 1;
    if (seen.length > 0 && seen.join() !== signs.join()) tell({ kind: 'running', signs: seen });
    if (seen.length === 0 && signs.length > 0) {
      if (absences < 2) return;
      tell({ kind: 'gone' });
    }
    signs = seen;
  };

  const remove = async (): Promise<void> => {
    if (removeLeftovers === undefined || isDone || !isLive || signs.length > 0) return;
    const removal = await removeLeftovers();
    isDone = removal.isComplete;
    // What is tried again and again is worth a message when it is another one.
    const words = [...removal.removed, ...removal.kept, ...removal.errors.map(({ message }) => message)].join();
    if (words !== told) tell({ kind: 'removed', removal });
    told = words;
  };

  const look = async (): Promise<void> => {
    try {
      const running = await detector.running();
      note(running.length === 0 && isDone ? await detector.tables() : running);
      await remove();
    } catch (error) {
      failed(error);
    }
  };

  const next = (): Promise<void> => {
    cancel?.();
    looking ??= look().then(() => {
      looking = undefined;
      if (!isStopped) cancel = clock.after(period, () => void next());
    });
    return looking;
  };

  return {
    begin: next,
    served: () => {
      if (isLive || isStopped) return;
      isLive = true;
      void (looking ?? Promise.resolve()).then(next);
    },
    async stop() {
      isStopped = true;
      cancel?.();
      await looking;
    },
  };
}
