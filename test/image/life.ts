import { expect } from 'vitest';
import type { DaemonProcess } from '../daemon/process.js';
import { until } from '../reliability/node.js';
import type { ServedNode, StartOptions } from '../reliability/node.js';

const target = { address: '10.96.0.10', port: 80, protocol: 'TCP' } as const;
const udp = { address: '10.96.0.11', port: 80, protocol: 'UDP' } as const;
const pods = ['10.244.1.31', '10.244.1.32'] as const;

/** What {@link live} does, in the scorecard's words. */
export const life = 'start, change, stale flow, flushed ruleset, health and metrics, restart';

/**
 * Lives through that with a daemon on a node.
 *
 * @param look at the first daemon, while it runs
 * @returns what both daemons said
 */
export async function live(
  node: ServedNode,
  options: StartOptions,
  look: (daemon: DaemonProcess) => Promise<void> = () => Promise.resolve(),
): Promise<string> {
  let flows = 0;
  const answers = async (request: typeof target | typeof udp, flow = `flow-${String((flows += 1))}`) =>
    (await node.lab.flow('client', { ...request, flow, timeoutMs: 1_000 })).answer?.address;
  const serve = (endpoint: string): Promise<void> =>
    node.serve([
      { name: 'web', clusterIP: target.address, endpoints: [endpoint] },
      { name: 'dns', clusterIP: udp.address, protocol: 'UDP', endpoints: [endpoint] },
    ]);
  await node.answer(pods);
  await serve(pods[0]);
  const first = await node.started(options);
  await look(first);
  expect(await answers(target)).toBe(pods[0]);
  expect(await answers(udp, 'kept')).toBe(pods[0]);
  await serve(pods[1]);
  await until('the stale flow is gone', async () => (await answers(udp, 'kept')) === pods[1]);
  const loads = first.log().split('milliseconds=').length;
  await node.lab.nft('flush ruleset\n');
  await until('the rules are back', () => first.log().split('milliseconds=').length > loads);
  expect(await answers(target)).toBe(pods[1]);
  for (const page of ['10256/livez', '10249/metrics']) {
    const ask = `const answer = await fetch('http://127.0.0.1:${page}'); await answer.text(); console.log(answer.status)`;
    const { stdout } = await node.lab.exec('node-a', [process.execPath, '--input-type=module', '--eval', ask]);
    expect(stdout.trim()).toBe('200');
  }
  expect(await first.stop()).toBe(0);
  const second = await node.started(options);
  expect(await answers(target)).toBe(pods[1]);
  expect(await second.stop()).toBe(0);
  return `${first.log()}\n${second.log()}`;
}

/** The lines of a log that tell of something that was refused. */
export function refusalsIn(log: string): readonly string[] {
  const refusal = /EPERM|EACCES|EROFS|ENOSYS|not permitted|not implemented|denied/iu;
  return log.split('\n').filter((line) => refusal.test(line));
}

const names = ['Uid', 'CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'NoNewPrivs', 'Seccomp'] as const;

/** Who a process is and what it may, from its `/proc/PID/status`. */
export function privilegesIn(status: string): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [name, new RegExp(`^${name}:\t(\\S+)`, 'mu').exec(status)?.[1] ?? '']));
}

/** The same of one that has NET_ADMIN alone, and no way to gain more. */
export function netAdminAlone(
  user: number,
  { ambient, seccomp }: { readonly ambient: boolean; readonly seccomp: boolean },
) {
  const [none, netAdmin] = ['0000000000000000', '0000000000001000'];
  const held = { CapPrm: netAdmin, CapEff: netAdmin, CapBnd: netAdmin };
  const inherited = ambient ? netAdmin : none;
  const mode = seccomp ? '2' : '0';
  return { Uid: String(user), ...held, CapInh: inherited, CapAmb: inherited, NoNewPrivs: '1', Seccomp: mode };
}
