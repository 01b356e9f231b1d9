import { setTimeout as sleep } from 'node:timers/promises';
import type { DaemonNode } from '../daemon/node.js';
import type { NewObject } from '../api-server/index.js';
import { metricsOf } from './samples.js';
import { listRuleset, tablesIn } from '../reliability/contents.js';

/** What our table holds, whatever its name, in a form that is equal for equal tables. */
export async function contentsOf(node: DaemonNode): Promise<readonly string[]> {
  return tablesIn(await listRuleset(node.lab.namespace('node-a')))
    .flatMap(({ contents }) => contents)
    .sort();
}

let marks = 0;

/** Waits until the daemon has written what was last told: a Service and a slice that come after everything else. */
export async function settled(node: DaemonNode): Promise<void> {
  const { api } = node.server;
  const number = String((marks += 1));
  const clusterIP = `10.96.201.${number}`;
  const endpoint = `10.99.99.${number}`;
  const labels = { 'kubernetes.io/service-name': 'mark' };
  const told: readonly NewObject[] = [
    {
      kind: 'Service',
      metadata: { namespace: 'mark', name: 'mark' },
      spec: { clusterIP, ports: [{ name: 'p', port: 80 }] },
    },
    {
      kind: 'EndpointSlice',
      metadata: { namespace: 'mark', name: 'mark-1', labels },
      addressType: 'IPv4',
      ports: [{ name: 'p', protocol: 'TCP', port: 80 }],
      endpoints: [{ addresses: [endpoint], conditions: { ready: true } }],
    },
  ];
  for (const object of told) api.put(object);
  const isWritten = (contents: readonly string[]): boolean =>
    contents.some((line) => line.startsWith('endpoints-') && line.includes(clusterIP) && line.includes(endpoint));
  for (let tries = 0; tries < 240; tries += 1) {
    if (isWritten(await contentsOf(node))) return;
    await sleep(500);
  }
  throw new Error(`the daemon did not write what it was told:\n${node.daemon.log().slice(-3_000)}`);
}

/** Waits until an audit that began after this call has ended, and found nothing; on a busy machine they are rare. */
export async function audited(node: DaemonNode): Promise<void> {
  const agreed = async (): Promise<number> =>
    Number(/nftproxier_audits_total\{result="agreed"\} (\d+)/.exec(await metricsOf(node))?.[1] ?? 0);
  const before = await agreed();
  for (let tries = 0; tries < 600; tries += 1) {
    if ((await agreed()) >= before + 2) return;
    await sleep(500);
  }
  throw new Error(`no audit found the table as it should be:\n${node.daemon.log().slice(-3_000)}`);
}

/** Lines that only one of two has. */
export function difference(actual: readonly string[], expected: readonly string[]): readonly string[] {
  const [a, b] = [new Set(actual), new Set(expected)];
  return [
    ...actual.filter((line) => !b.has(line)).map((line) => `only after the soak: ${line}`),
    ...expected.filter((line) => !a.has(line)).map((line) => `missing: ${line}`),
  ];
}

/** Flows of UDP to a virtual address that go to nobody, or to somebody who no longer serves it. */
export async function staleFlows(
  node: DaemonNode,
  address: string,
  endpoints: readonly string[],
): Promise<readonly string[]> {
  const flows = await node.lab.conntrack.list(['-p', 'udp', '--orig-dst', address]);
  return flows.filter((flow) => {
    const [, answerer = ''] = [...flow.matchAll(/src=(\S+)/g)].map(([, source]) => source ?? '');
    return !endpoints.includes(answerer);
  });
}
