import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { below, seededRandom } from '@nftproxier/core/testing';
import { NftKilledError, defaultTableSettings, prepareTable } from '@nftproxier/nft';
import type { LoadTarget, Operation } from '@nftproxier/nft';
import { listRuleset, tablesIn } from './contents.js';
import { manyServices, openPath } from './path.js';
import type { PathOptions, WholePath } from './path.js';
import { reportRow, times } from './scorecard.js';

const seed = 14;
const count = times(50, 500);

/**
 * Runs nft, and kills it if the file says so: "SKIP DELAY" spares so many runs, and kills the next one after the delay. The
 * process itself is killed, not what started it.
 */
const killer = `if read -r skip delay 2>/dev/null <"$0"; then
  if [ "$skip" -gt 0 ]; then echo "$((skip - 1)) $delay" >"$0"
  else
    rm "$0"
    (sleep "$delay"; kill -9 $$) >/dev/null 2>&1 &
  fi
fi
exec "$@"`;

let folder: string;
let path: WholePath | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nftproxier-'));
});
afterEach(async () => {
  await path?.close();
  path = undefined;
  await rm(folder, { recursive: true });
});

interface Endured {
  /** Moments at which the table in service was neither as before nor as after a change. */
  readonly partial: number;
  /** How often the change had taken effect when nft was killed. */
  readonly took: number;
  /** Syncs after which the kernel did not hold what it should, or held more. */
  readonly wrong: number;
  /** What the sync after the kill took, in milliseconds. */
  readonly tookMs: readonly number[];
}

/**
 * Kills nft so many times at random moments, each time followed by another sync: of syncs that change so many Services, and
 * in turns with them of syncs that load a new table.
 */
async function endure(kills: number, changed: number, options: PathOptions = {}): Promise<Endured> {
  const armed = join(folder, 'delay');
  const here = (path = await openPath({ ...options, starter: ['sh', '-c', killer, armed] }));
  const generations = [0, 1].map((generation) => manyServices(count, generation));
  const [first] = generations;
  here.replace('Service', first?.services ?? []);
  here.replace('EndpointSlice', first?.slices ?? []);
  await here.sync();
  const change = (generation: number): void => {
    here.set('EndpointSlice', generations[generation]?.slices.slice(0, changed) ?? []);
  };
  const look = async (): Promise<{ readonly serving: readonly string[]; readonly tables: number }> => {
    const tables = tablesIn(await listRuleset(here.namespace));
    return {
      serving: tables.filter(({ isServing }) => isServing).map(({ contents }) => contents.join('\n')),
      tables: tables.length,
    };
  };
  const states: (string | undefined)[] = [(await look()).serving[0]];
  change(1);
  const start = performance.now();
  await here.sync();
  const longestMs = Math.min(performance.now() - start, 1_000);
  states.push((await look()).serving[0]);

  const random = seededRandom(seed);
  const tookMs: number[] = [];
  let [partial, took, wrong] = [0, 0, 0];
  let current = 1;
  for (let attempts = 0; tookMs.length < kills; attempts += 1) {
    if (attempts > 20 * kills) throw new Error(`nft was met only ${String(tookMs.length)} times`);
    const next = 1 - current;
    change(next);
    const isAnew = attempts % 2 === 1;
    if (isAnew) here.loader.distrust();
    const spared = isAnew ? below(random, 6) : 0;
    await writeFile(armed, `${String(spared)} ${((longestMs * random()) / 1_000).toFixed(4)}\n`);
    const wasKilled = await here.sync().then(
      () => false,
      (error: unknown) => {
        if (error instanceof NftKilledError) return true;
        throw error;
      },
    );
    if (wasKilled) {
      const { serving } = await look();
      if (serving.some((state) => !states.includes(state))) partial += 1;
      if (serving[0] === states[next]) took += 1;
      await rm(armed, { force: true });
      const began = performance.now();
      await here.sync();
      tookMs.push(performance.now() - began);
      const after = await look();
      if (after.tables !== 1 || after.serving[0] !== states[next] || here.lost().length > 0) wrong += 1;
    }
    current = next;
  }
  return { partial, took, wrong, tookMs };
}

/** What deletes, and then what adds, as transactions of their own. */
const inSteps = (target: LoadTarget): LoadTarget => ({
  ...target,
  async apply({ table, operations }, options) {
    const isDeletion = ({ op }: Operation): boolean => op === 'delete-elements';
    for (const step of [operations.filter(isDeletion), operations.filter((one) => !isDeletion(one))]) {
      if (step.length > 0) await target.apply({ table, operations: step }, options);
    }
  },
});

const network = { nodePortAddresses: [], serviceCIDRs: [] };
const empty = prepareTable({ settings: defaultTableSettings, network, plans: [] }).transaction.operations;
const bases = empty.flatMap((one) => (one.op === 'add-chain' && one.chain.base !== undefined ? [one.chain.name] : []));
const activation = empty.filter(
  (one) =>
    (one.op === 'add-chain' && bases.includes(one.chain.name)) || (one.op === 'add-rule' && bases.includes(one.chain)),
);

/** A new table is met by packets before it is filled. */
const inServiceAtOnce = (target: LoadTarget): LoadTarget => ({
  ...target,
  async apply({ table, operations }, options) {
    const isNew = operations.some(({ op }) => op === 'add-table') && operations.length > 2;
    await target.apply({ table, operations: [...operations, ...(isNew ? activation : [])] }, options);
  },
});

describe('row 14: nft is killed at random moments', { timeout: 1_800_000, retry: 0 }, () => {
  it('and leaves no partial state; the next sync puts everything right', async () => {
    const { partial, took, wrong, tookMs } = await endure(times(10, 200), count);
    reportRow({
      row: 14,
      case: `SIGKILL of nft while it changes ${String(count)} Services, or loads them anew; the time is that of the next sync`,
      n: tookMs.length,
      passNumber: '0 partial states, nothing left over, as wanted after at most 2 s',
      measured: `${String(partial)} partial, ${String(took)} had taken effect, ${String(wrong)} wrong after the next sync`,
      tookMs,
      seed,
    });
    expect({ partial, wrong }).toEqual({ partial: 0, wrong: 0 });
  });

  it('and leaves no partial state: fails without one transaction for each change', async () => {
    expect((await endure(5, count, { between: inSteps })).partial).toBeGreaterThan(0);
  });

  it('and leaves no partial state: fails without filling a new table before packets meet it', async () => {
    expect((await endure(5, count, { between: inServiceAtOnce })).partial).toBeGreaterThan(0);
  });
});
