import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Lab } from '../lab/index.js';
import { openNode } from './node.js';
import type { TestNode, TestService } from './node.js';

let lab: Lab;
let node: TestNode;

beforeAll(async () => {
  ({ lab, node } = await openNode());
});
afterAll(() => lab.close());

const pods = {
  IPv4: (last: number) => `10.244.1.${String(last)}`,
  IPv6: (last: number) => `fd00:10:244:1::${String(last)}`,
};
const clusterIPs = { IPv4: '10.96.7.7', IPv6: 'fd00:10:96::77' };

describe('a loaded table grows by an endpoint count not seen before', () => {
  for (const family of ['IPv4', 'IPv6'] as const) {
    for (const protocol of ['TCP', 'UDP', 'SCTP'] as const) {
      it(`${protocol} over ${family}: packets reach every endpoint`, async () => {
        const address = clusterIPs[family];
        const service = (count: number): TestService => ({
          name: `grow-${protocol}-${family}`.toLowerCase(),
          protocol,
          family,
          clusterIP: address,
          endpoints: Array.from({ length: count }, (_, index) => `${pods[family](21 + index)}:${String(8000)}`),
        });
        node.set(service(1));
        await node.sync();
        const listeners = Array.from({ length: 3 }, (_, index) => ({
          address: pods[family](21 + index),
          port: 8000,
          protocol,
        }));
        await lab.serve(listeners);
        node.transactions.length = 0;
        node.set(service(3));
        await node.sync();
        expect(node.transactions).toHaveLength(1);

        const request = { address, port: 80, tries: 60, timeoutMs: 10_000 };
        const report =
          protocol === 'SCTP'
            ? await lab.rawProbe('client', 'SCTP', request)
            : await lab.probe('client', { ...request, protocol });
        const answered = new Set(report.tries.map(({ answer, outcome }) => answer?.address ?? outcome));
        expect([...answered].sort()).toEqual(listeners.map((listener) => listener.address).sort());
      });
    }
  }
});
