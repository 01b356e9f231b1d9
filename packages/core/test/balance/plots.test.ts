import { expect, it } from 'vitest';
import { maglevTableSize, slotOfClient, slotsOf } from '@nftproxier/core';
import type { Algorithm, TableEndpoint } from '@nftproxier/core';
import { svg } from './svg.js';

// The plots of docs/balancing.md, from the functions that the table is made with. `vitest run -u` draws them anew.

const hash = { hashKey: 'client', seed: 7 } as const;
const endpoints = (count: number): TableEndpoint[] =>
  Array.from({ length: count }, (_, index) => ({ address: `10.244.0.${String(index + 1)}`, port: 8080 }));
const clients = Array.from({ length: 4_000 }, (_, index) => ({
  address: `198.18.${String(index >> 8)}.${String(index & 255)}`,
}));

/** Per cent of all clients that get another endpoint when one of `count` goes. */
function moved(count: number, algorithm: Algorithm): number {
  const all = endpoints(count);
  const before = slotsOf(all, algorithm);
  const after = slotsOf(
    all.filter((_, index) => index !== count >> 1),
    algorithm,
  );
  const differ = clients.filter(
    (client) =>
      before[slotOfClient(client, hash, before.length) ?? -1] !== after[slotOfClient(client, hash, after.length) ?? -1],
  );
  return (100 * differ.length) / clients.length;
}

/** The largest share of slots over the smallest. */
function imbalance(count: number, tableSize: number): number {
  const slots = slotsOf(endpoints(count), { kind: 'maglev', ...hash, tableSize });
  const loads = new Map<TableEndpoint, number>();
  for (const endpoint of slots) loads.set(endpoint, (loads.get(endpoint) ?? 0) + 1);
  return Math.max(...loads.values()) / Math.min(...loads.values());
}

const counts = Array.from({ length: 39 }, (_, index) => index + 2);
const images = '../../../../docs/images';

it('disruption', async () => {
  const line = (name: string, color: string, of: (count: number) => number) => ({
    name,
    color,
    points: counts.map((count) => [count, of(count)] as const),
  });
  const plot = svg({
    title: 'Clients that get another endpoint when one of N goes',
    x: { name: 'endpoints, N', from: 2, to: 40, ticks: [2, 10, 20, 30, 40] },
    y: { name: '% of all clients', from: 0, to: 100, ticks: [0, 20, 40, 60, 80, 100] },
    lines: [
      line('source-hash', '#c62828', (count) => moved(count, { kind: 'source-hash', ...hash })),
      line('maglev', '#1565c0', (count) => moved(count, { kind: 'maglev', ...hash })),
      line('maglev, 100 slots or more per endpoint', '#2e7d32', (count) =>
        moved(count, { kind: 'maglev', ...hash, tableSize: 100 * count }),
      ),
      line('1/N: the clients of the endpoint that goes', '#9e9e9e', (count) => 100 / count),
    ],
  });
  await expect(plot).toMatchFileSnapshot(`${images}/disruption.svg`);
});

it('balance', async () => {
  const points = (sizeOf: (count: number) => number) =>
    counts.map((count) => [count, imbalance(count, sizeOf(count))] as const);
  const plot = svg({
    title: 'Slots of the endpoint with the most over those of the one with the fewest',
    x: { name: 'endpoints, N', from: 2, to: 40, ticks: [2, 10, 20, 30, 40] },
    y: { name: 'ratio', from: 1, to: 1.3, ticks: [1, 1.1, 1.2, 1.3] },
    lines: [
      { name: 'maglev', color: '#1565c0', points: points((count) => maglevTableSize(count)) },
      { name: 'maglev, 100 slots or more per endpoint', color: '#2e7d32', points: points((count) => 100 * count) },
    ],
  });
  await expect(plot).toMatchFileSnapshot(`${images}/balance.svg`);
});
