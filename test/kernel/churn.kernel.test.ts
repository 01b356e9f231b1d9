import { afterEach, describe, expect, it } from 'vitest';
import type { Lab } from '../lab/index.js';
import { kernelContents } from './counts.js';
import { isFull, longTest, openNode } from './node.js';
import type { TestNode, TestService } from './node.js';
import { random } from './random.js';

let lab: Lab | undefined;
afterEach(() => lab?.close());

const ports = [8001, 8002, 8003, 8004, 8005, 8006];

/** A service whose endpoints are ports of one pod: one process answers them all. */
const service = (name: string, clusterIP: string, chosen: readonly number[]): TestService => ({
  name,
  protocol: 'TCP',
  family: 'IPv4',
  clusterIP,
  endpoints: chosen.map((_, index) => `10.244.1.${String(31 + index)}:8080`),
});

async function servedNode(): Promise<{ readonly node: TestNode; readonly lab: Lab }> {
  const opened = await openNode();
  lab = opened.lab;
  const listeners = ports.map((_, index) => ({
    address: `10.244.1.${String(31 + index)}`,
    port: 8080,
    protocol: 'TCP' as const,
  }));
  await opened.lab.serve(listeners);
  return opened;
}

const load = { concurrency: 64, timeoutMs: 10_000 };
const target = [{ address: '10.96.9.9', port: 80 }];

describe('connections while the table changes', { timeout: longTest, retry: 0 }, () => {
  const changes = isFull ? 1_000 : 150;

  it(`none fails while the endpoints of their service change ${String(changes)} times`, async () => {
    const { node, lab } = await servedNode();
    node.set(service('churn', '10.96.9.9', ports));
    await node.sync();
    const running = await lab.load('client', { ...load, targets: target, connections: isFull ? 60_000 : 1_000_000 });
    const next = random(1);
    let done = 0;
    for (; done < changes; done += 1) {
      node.set(service('churn', '10.96.9.9', ports.slice(0, 1 + next(ports.length))));
      await node.sync();
    }
    if (!isFull) await running.stop();
    const report = await running.done;
    console.log(
      `${String(done)} changes, ${String(report.attempted)} connections, ${String(report.failed)} failed, p99 ${report.p99.toFixed(1)} ms`,
    );
    expect(report.attempted).toBeGreaterThan(500);
    expect(report.failures).toEqual({});
  });

  const replacements = isFull ? 500 : 40;

  it(`none fails while the table is replaced ${String(replacements)} times`, async () => {
    const { node, lab } = await servedNode();
    node.set(service('churn', '10.96.9.9', ports));
    for (let index = 1; index <= 200; index += 1)
      node.set(service(`other${String(index)}`, `10.96.10.${String(index)}`, ports));
    await node.sync();
    const running = await lab.load('client', { ...load, targets: target, connections: 10_000_000 });
    const names = new Set<string | undefined>();
    for (let done = 0; done < replacements; done += 1) {
      await node.restart();
      names.add(node.loader.tableName);
    }
    await running.stop();
    const report = await running.done;
    console.log(
      `${String(replacements)} replacements, ${String(report.attempted)} connections, ${String(report.failed)} failed, p99 ${report.p99.toFixed(1)} ms`,
    );
    expect(names).toEqual(new Set(['nftproxier', 'nftproxier-2']));
    expect(report.attempted).toBeGreaterThan(500);
    expect(report.failures).toEqual({});
  });

  it('random churn and a restart leave the kernel as a fresh start does', async () => {
    const { node } = await servedNode();
    const next = random(7);
    await node.sync();
    for (let step = 0; step < 200; step += 1) {
      const index = 1 + next(20);
      const name = `s${String(index)}`;
      if (next(5) === 0) node.delete(name);
      else node.set(service(name, `10.96.11.${String(index)}`, ports.slice(0, next(ports.length + 1))));
      if (next(3) === 0) await node.sync();
    }
    await node.sync();
    await node.restart();
    const churned = await kernelContents(node.nft, node.loader.tableName ?? '');
    await node.loader.remove();
    await node.restart();
    expect(node.loader.tableName).toBe('nftproxier');
    expect(churned).toEqual(await kernelContents(node.nft, 'nftproxier'));
    expect(churned.length).toBeGreaterThan(50);
  });
});
