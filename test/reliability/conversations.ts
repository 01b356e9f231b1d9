import type { Lab } from '../lab/index.js';

/** Long-lived connections that are spoken on all the time. */
export interface Conversations {
  readonly count: number;
  /** The longest that an answer took so far, in milliseconds. */
  longestMs(): number;
  /** Ends them; what went wrong with each that broke. */
  end(): Promise<readonly string[]>;
}

interface Target {
  readonly address: string;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
}

/** Milliseconds an answer may take: less than the retransmissions that a broken connection would make. */
const timeoutMs = 5_000;

/**
 * Opens connections from the outside client, the same number to each target, and asks on every one of them every 20 ms.
 * One is broken if it is reset, stays without an answer, or is answered by another server than before. A datagram that
 * gets lost does not break a UDP conversation: more in a row than `mostUnanswered` do, each after 300 ms.
 */
export async function openConversations(
  lab: Lab,
  targets: readonly Target[],
  { count, mostUnanswered = 2 }: { readonly count: number; readonly mostUnanswered?: number },
): Promise<Conversations> {
  let isOver = false;
  const broken: string[] = [];
  let longestMs = 0;
  const converse = async (index: number, opened: () => void): Promise<void> => {
    const target = targets[index % targets.length];
    if (target === undefined) return;
    const flow = `conversation-${String(index)}-${target.protocol}`;
    const limit = target.protocol === 'TCP' ? timeoutMs : 300;
    let server: string | undefined;
    let unanswered = 0;
    while (!isOver) {
      const began = performance.now();
      const { outcome, answer, code } = await lab.flow('client', { ...target, flow, timeoutMs: limit });
      longestMs = Math.max(longestMs, performance.now() - began);
      const answered = answer === undefined ? undefined : `${answer.address} ${String(answer.port)}`;
      unanswered = outcome === 'answered' ? 0 : unanswered + 1;
      const isLost = target.protocol === 'TCP' ? unanswered > 0 : unanswered > mostUnanswered;
      if (isLost || (server !== undefined && answered !== undefined && answered !== server)) {
        broken.push(
          `${flow} to ${target.address}: ${outcome} ${code ?? ''} ${answered ?? ''}, before ${server ?? 'none'}`,
        );
        opened();
        return;
      }
      server ??= answered;
      opened();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const all: Promise<void>[] = [];
  const opened = Array.from(
    { length: count },
    (_, index) =>
      new Promise<void>((resolve) => {
        all.push(converse(index, resolve));
      }),
  );
  await Promise.all(opened);
  return {
    count,
    longestMs: () => longestMs,
    async end() {
      isOver = true;
      await Promise.all(all);
      await lab.closeFlows();
      return broken;
    },
  };
}
