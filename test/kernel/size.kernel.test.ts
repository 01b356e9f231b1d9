import { renderTransaction } from '@nftproxier/nft';
import { afterEach, describe, expect, it } from 'vitest';
import type { Lab } from '../lab/index.js';
import { countObjects } from './counts.js';
import { openNode } from './node.js';
import type { TestNode, TestService } from './node.js';

let lab: Lab | undefined;
afterEach(() => lab?.close());

const clusterIP = (index: number): string => `10.96.${String(index >> 8)}.${String(index & 255)}`;

const service = (index: number, endpoints: number, first = 0): TestService => ({
  name: `s${String(index)}`,
  protocol: 'TCP',
  family: 'IPv4',
  clusterIP: clusterIP(index),
  endpoints: Array.from(
    { length: endpoints },
    (_, slot) => `10.${String(100 + first + slot)}.${String(index >> 8)}.${String(index & 255)}:8080`,
  ),
});

async function loadedNode(services: number, endpoints: (index: number) => number): Promise<TestNode> {
  await lab?.close();
  const opened = await openNode();
  lab = opened.lab;
  for (let index = 1; index <= services; index += 1) opened.node.set(service(index, endpoints(index)));
  await opened.node.sync();
  return opened.node;
}

describe('the size of a table', () => {
  const endpointCounts = (index: number): number => 1 + (index % 9);

  it('10,000 services × 5 endpoints load in chunks, with the chains, rules and sets of 10', async () => {
    const few = await loadedNode(10, endpointCounts);
    const small = await countObjects(few.nft, 'nftproxier');
    const many = await loadedNode(10_000, endpointCounts);
    const large = await countObjects(many.nft, 'nftproxier');
    expect(large).toEqual(small);
    const elements = many.transactions.map(({ operations }) =>
      operations.reduce((sum, operation) => sum + ('elements' in operation ? operation.elements.length : 0), 0),
    );
    expect(Math.max(...elements)).toBeLessThan(15_000);
    expect(elements.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(60_000);
    console.log(
      `kernel objects for 10 and for 10,000 services: ${JSON.stringify(large)}; elements per transaction:`,
      elements,
    );
  });

  it('one endpoint replaced among 1,000 services is one element out and one in', async () => {
    const node = await loadedNode(1_000, () => 5);
    node.transactions.length = 0;
    node.set({ ...service(77, 5), endpoints: [...service(77, 4).endpoints, '10.250.0.1:8080'] });
    await node.sync();
    const [transaction, ...others] = node.transactions;
    expect(others).toEqual([]);
    const text = transaction === undefined ? '' : renderTransaction(transaction).text;
    console.log(text);
    expect(text).toBe(
      'delete element inet nftproxier endpoints-tcp4 {\n10.96.0.77 . 80 . 4\n}\n' +
        'add element inet nftproxier endpoints-tcp4 {\n10.96.0.77 . 80 . 4 : 10.250.0.1 . 8080\n}\n',
    );
  });
});
