import type { Protections } from '@nftproxier/daemon/reflector';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startProcess } from '../../../../test/lab/process.js';
import { Talking, compile, root, scriptPath } from './processes.js';
import type { Line } from './processes.js';
import { report, times } from './scorecard.js';

const running: Talking[] = [];

function start(script: string, ...args: string[]): Talking {
  const talking = new Talking(startProcess([process.execPath, script, ...args]));
  running.push(talking);
  return talking;
}

beforeAll(compile, 300_000);

afterEach(async () => {
  for (const talking of running.splice(0).reverse()) await talking.end();
});

interface Flooded {
  readonly slices: number;
  readonly perSecond: number;
  /** What the reflector says of itself, and what it should know. */
  readonly state: Line;
  readonly expected: Line;
}

/**
 * Many slices, an enormous one, and so many seconds of a storm of changes for a handler that is slower than it; then as
 * much time again, and 5 seconds, until everything has been told.
 */
async function flooded(seconds: number, protections: Partial<Protections> = {}): Promise<Flooded> {
  const slices = times(2_000, 20_000);
  const perSecond = times(2_000, 5_000);
  const api = start(
    `${root}test/api-server/dist/main.js`,
    ...['--services', String(slices / 4), '--slices', '4', '--endpoints', '10'],
  );
  const { value } = await api.next(0, 'its address');
  // A thousand endpoints and twenty thousand ports are as much as the API accepts.
  await api.ask({
    put: {
      kind: 'EndpointSlice',
      metadata: { name: 'enormous', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'enormous' } },
      addressType: 'IPv4',
      endpoints: Array.from({ length: 1_000 }, (_, index) => ({ addresses: [`10.9.${index >> 8}.${index & 255}`] })),
      ports: Array.from({ length: 20_000 }, (_, index) => ({ name: `p${index}`, protocol: 'TCP', port: index + 1 })),
    },
  });
  const load = start(scriptPath('load.mjs'), String(value['url']), '100', JSON.stringify(protections));
  await load.next(0, 'synced');
  await api.ask({ burst: { events: perSecond * seconds, perSecond } });
  const expected = await api.ask({ digest: 'EndpointSlice' });
  let state = await load.ask({});
  for (let wait = 0; wait < 10 * seconds + 50 && state['versions'] !== expected['versions']; wait++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    state = await load.ask({});
  }
  return { slices, perSecond, state, expected };
}

/** Changes that come while the handler is busy are told together. */
const isTogether = (state: Line): boolean => Number(state['batches']) <= Number(state['events']) / 10;

describe('row 22: thousands of slices, an enormous one, and a storm of changes', () => {
  it('take bounded memory', async () => {
    const { slices, perSecond, state, expected } = await flooded(times(3, 30));
    report({
      row: 22,
      case: `${slices} slices, one with 1,000 endpoints and 20,000 ports, ${perSecond} changes a second`,
      n: Number(state['events']),
      passNumber: 'at most 512 MB, nothing piles up, the event loop is kept for 250 ms at most',
      measured: `peak ${String(state['peakMB'])} MB, longest block ${String(state['blockMs'])} ms, ${String(state['batches'])} batches`,
    });
    expect(state).toMatchObject({ objects: slices + 1, versions: expected['versions'] });
    expect(state['peakMB']).toBeLessThanOrEqual(512);
    expect(isTogether(state)).toBe(true);
  });

  it('take bounded memory: fails without telling changes together', async () => {
    const { state, expected } = await flooded(3, { tellTogether: false });
    expect(state['versions']).not.toBe(expected['versions']);
    expect(isTogether(state)).toBe(false);
  });
});
