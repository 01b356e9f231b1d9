import { afterEach, beforeAll, expect, it } from 'vitest';
import { startProcess } from '../../../../test/lab/process.js';
import { Talking, compile, root, scriptPath } from './processes.js';
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

it('row 22: thousands of slices, an enormous one, and a storm of changes take bounded memory', async () => {
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
  // A handler that is slower than the storm: what waits for it must not pile up here.
  const load = start(scriptPath('load.mjs'), String(value['url']), '100');
  await load.next(0, 'synced');
  await api.ask({ burst: { events: perSecond * times(3, 30), perSecond } });
  const expected = await api.ask({ digest: 'EndpointSlice' });
  let state = await load.ask({});
  for (let wait = 0; wait < 300 && state['versions'] !== expected['versions']; wait++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    state = await load.ask({});
  }
  report({
    row: 22,
    case: `${slices} slices, one with 1,000 endpoints and 20,000 ports, ${perSecond} changes a second`,
    n: Number(state['events']),
    passNumber: 'at most 512 MB, nothing piles up, the event loop is kept for 250 ms at most',
    measured: `peak ${String(state['peakMB'])} MB, longest block ${String(state['blockMs'])} ms, ${String(state['batches'])} batches`,
  });
  expect(state).toMatchObject({ objects: slices + 1, versions: expected['versions'] });
  expect(state['peakMB']).toBeLessThanOrEqual(512);
  // Changes that come while the handler is busy are told together.
  expect(state['batches']).toBeLessThanOrEqual(Number(state['events']) / 10);
});
