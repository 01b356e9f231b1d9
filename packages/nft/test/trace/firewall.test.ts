import { describe, expect, it } from 'vitest';
import { FakeNft } from '../../src/fake/index.js';
import {
  accept,
  arrivesOn,
  counter,
  drop,
  inSet,
  leavesOn,
  log,
  match,
  oneOf,
  payload,
  reject,
  stateIs,
} from '../../src/syntax/index.js';
import type { Operation, Rule, Statement } from '../../src/syntax/index.js';
import { tracePacket } from '../../src/trace/index.js';
import type { Packet } from '../../src/trace/index.js';

const ssh: Packet = {
  protocol: 'tcp',
  from: '198.51.100.7',
  to: '192.0.2.1',
  port: 22,
  arrives: { kind: 'interface', name: 'eth0' },
};
const node = { localAddresses: ['192.0.2.1'] };

async function firewall(...rules: readonly Rule[]): Promise<FakeNft> {
  const fake = new FakeNft();
  const base = { type: 'filter', hook: 'input', priority: 0, policy: 'drop' } as const;
  const operations: Operation[] = [
    { op: 'add-table' },
    { op: 'add-set', set: { name: 'admins', key: payload('ip', 'saddr'), flags: ['interval'] } },
    { op: 'add-elements', set: 'admins', elements: [{ key: ['198.51.100.0/24'] }] },
    { op: 'add-chain', chain: { name: 'input', base } },
    ...rules.map((rule): Operation => ({ op: 'add-rule', chain: 'input', rule })),
  ];
  await fake.apply({ table: 'firewall', operations });
  return fake;
}

describe('a base chain with policy drop', () => {
  it('drops what no rule accepts, and says so', async () => {
    const { verdict, outcomes, steps } = tracePacket(await firewall(), ssh, node);
    expect(verdict).toBe('drop');
    const last = [...steps, ...(outcomes[0]?.steps ?? [])].at(-1);
    expect(last).toMatchObject({ matched: true, decided: 'dropped by the policy of the chain' });
  });

  it('can be opened again', async () => {
    const fake = await firewall();
    const base = { type: 'filter', hook: 'input', priority: 0, policy: 'accept' } as const;
    const chain = { name: 'input', base };
    await fake.apply({ table: 'firewall', operations: [{ op: 'add-chain', chain }] });
    expect(tracePacket(fake, ssh, node).verdict).toBe('accept');
    const same = { name: 'input', base: { type: 'filter', hook: 'input', priority: 0 } as const };
    await fake.apply({ table: 'firewall', operations: [{ op: 'add-chain', chain: same }] });
    expect(tracePacket(fake, ssh, node).verdict).toBe('accept');
  });

  it('stays as it was when a transaction that opens it fails', async () => {
    const fake = await firewall();
    const base = { type: 'filter', hook: 'input', priority: 0, policy: 'accept' } as const;
    const operations: Operation[] = [
      { op: 'add-chain', chain: { name: 'input', base } },
      { op: 'delete-chain', chain: 'none' },
    ];
    await expect(fake.apply({ table: 'firewall', operations })).rejects.toThrow();
    expect(tracePacket(fake, ssh, node).verdict).toBe('drop');
  });
});

describe('which packets a statement lets on', () => {
  const table: readonly (readonly [string, Statement, Partial<Packet>, boolean])[] = [
    ['one of several ports', oneOf(payload('tcp', 'dport'), 22, 80), {}, true],
    ['none of several ports', oneOf(payload('tcp', 'dport'), 443, 80), {}, false],
    ['a port of a range', match(payload('tcp', 'dport'), { kind: 'range', from: 1, to: 22 }), {}, true],
    ['a port outside', match(payload('tcp', 'dport'), { kind: 'range', from: 23, to: 99 }), {}, false],
    ['an unknown source port', match(payload('tcp', 'sport'), { kind: 'range', from: 0, to: 65_535 }), {}, false],
    ['its source', inSet(payload('ip', 'saddr'), 'admins'), {}, true],
    ['another source', inSet(payload('ip', 'saddr'), 'admins'), { from: '203.0.113.1' }, false],
    ['a known connection', stateIs('established', 'related'), { established: true }, true],
    ['a new connection', stateIs('established', 'related'), {}, false],
    ['its interface', arrivesOn('eth0'), {}, true],
    ['another interface', arrivesOn('eth1'), {}, false],
    ['where it leaves, if nobody said', leavesOn('eth1'), {}, false],
    ['where it leaves', leavesOn('eth1'), { leaves: 'eth1' }, true],
    ['what is no ping', oneOf(payload('icmp', 'type'), 'echo-request'), {}, false],
    ['anything past a counter', counter, {}, true],
    ['anything past a log', log('ssh: '), {}, true],
    ['what is not too much', { kind: 'limit', rate: 1, per: 'second' }, {}, true],
    ['what would be too much', { kind: 'limit', rate: 1, per: 'second', over: true }, {}, false],
  ];
  it.each(table)('%s', async (_, statement, changes, goesOn) => {
    const fake = await firewall([statement, accept]);
    expect(tracePacket(fake, { ...ssh, ...changes }, node).verdict).toBe(goesOn ? 'accept' : 'drop');
  });

  it('a reset is for TCP alone', async () => {
    const fake = await firewall([{ ...reject, with: 'tcp reset' } as Statement], [drop]);
    expect(tracePacket(fake, ssh, node).verdict).toBe('reject');
    expect(tracePacket(fake, { ...ssh, protocol: 'udp' }, node).verdict).toBe('drop');
  });
});

describe('the fake refuses', () => {
  it.each<[string, Statement]>([
    ['no values', match(payload('tcp', 'dport'), { kind: 'values', values: [] })],
    ['values of another type', oneOf(payload('tcp', 'dport'), 22, '10.0.0.1')],
    ['ranges of addresses', match(payload('ip', 'saddr'), { kind: 'range', from: 1, to: 2 })],
  ])('%s', async (_, statement) => {
    await expect(firewall([statement])).rejects.toThrow('mismatch');
  });

  it.each([
    { kind: 'log', prefix: 'a" b' },
    { kind: 'limit', rate: 0, per: 'second' },
  ] as const)('what cannot be written: %j', async (statement) => {
    await expect(firewall([statement])).rejects.toMatchObject({ name: 'RenderError' });
  });
});
