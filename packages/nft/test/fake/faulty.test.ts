import { expect, it } from 'vitest';
import { FakeNft, FaultyTarget, randomFaults } from '../../src/fake/index.js';
import { NftKilledError, NftRefusedError, NftTimeoutError } from '../../src/run/index.js';
import { add, addSet, addTable, key } from './contract.js';

const ips = addSet({ name: 'ips', key: { kind: 'payload', protocol: 'ip', field: 'daddr' } });
const table = 't';

it('fails before or after as planned', async () => {
  const fake = new FakeNft();
  const killed = new NftKilledError('SIGKILL');
  const target = new FaultyTarget(fake, (attempt) =>
    attempt === 1 ? { when: 'before', error: killed } : attempt === 2 ? { when: 'after', error: killed } : undefined,
  );
  await target.apply({ table, operations: [addTable, ips] });
  await expect(target.apply({ table, operations: [add('ips', key('10.0.0.1'))] })).rejects.toBe(killed);
  expect(fake.tables.get(table)?.sets.get('ips')?.elements.size).toBe(0);
  await expect(target.apply({ table, operations: [add('ips', key('10.0.0.1'))] })).rejects.toBe(killed);
  expect(fake.tables.get(table)?.sets.get('ips')?.elements.size).toBe(1);
  expect(target.attempts).toBe(3);
});

it('fails at random at the rate asked for', async () => {
  let state = 1;
  const random = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const target = new FaultyTarget(
    new FakeNft(),
    randomFaults(random, 0.3, () => new NftTimeoutError(1)),
  );
  let failures = 0;
  for (let attempt = 0; attempt < 1000; attempt++) {
    await target.apply({ table, operations: [addTable] }).catch((error: unknown) => {
      expect(error).toBeInstanceOf(NftTimeoutError);
      failures += 1;
    });
  }
  expect(failures).toBeGreaterThan(250);
  expect(failures).toBeLessThan(350);
});

it('says which step of a transaction was refused, and whose it was', async () => {
  const fake = new FakeNft();
  await fake.apply({ table, operations: [addTable, ips] });
  const operations = [
    { ...add('ips', key('10.0.0.1')), owner: 'default/good' },
    { op: 'delete-elements', set: 'ips', elements: [key('10.0.0.1'), key('10.0.0.9')], owner: 'default/bad' },
  ] as const;
  const error: unknown = await fake.apply({ table, operations }).catch((refused: unknown) => refused);
  expect(error).toBeInstanceOf(NftRefusedError);
  expect(error).toMatchObject({
    code: 'NFT_REFUSED',
    reason: 'not-found',
    owner: 'default/bad',
    message:
      'nft refused delete element inet t ips { 10.0.0.9 }, made for "default/bad": Could not process rule: No such file or directory',
    refusals: [{ at: { operation: 1, element: 1, owner: 'default/bad' } }],
  });
});

it('shows sorted contents', async () => {
  const fake = new FakeNft();
  await fake.apply({ table, operations: [addTable, ips, add('ips', key('10.0.0.2'), key('10.0.0.1'))] });
  expect(fake.dump(table)).toBe('table inet t {\n\tset ips { typeof ip daddr; }\n\t\t10.0.0.1\n\t\t10.0.0.2\n}\n');
  expect(fake.dump('absent')).toBe('');
});

it('knows one key in all its spellings', async () => {
  const fake = new FakeNft();
  const ips6 = addSet({ name: 'ips6', key: { kind: 'payload', protocol: 'ip6', field: 'daddr' } });
  await fake.apply({ table, operations: [addTable, ips6, add('ips6', key('fd00:0:0::1'))] });
  await fake.apply({ table, operations: [{ op: 'delete-elements', set: 'ips6', elements: [key('FD00::0:1')] }] });
  expect(fake.tables.get(table)?.sets.get('ips6')?.elements.size).toBe(0);
});

it('holds 50,000 endpoints, and changes one without touching the others', async () => {
  const fake = new FakeNft();
  const endpoints = addSet({
    name: 'endpoints',
    key: {
      kind: 'concat',
      parts: [
        { kind: 'payload', protocol: 'ip', field: 'daddr' },
        { kind: 'numgen', mod: 5 },
      ],
    },
    value: { kind: 'payload', protocol: 'ip', field: 'daddr' },
  });
  const elements = Array.from({ length: 50_000 }, (_unused, index) => {
    const service = Math.floor(index / 5);
    return { key: [`10.96.${String(service >> 8)}.${String(service & 255)}`, index % 5], value: ['10.244.0.1'] };
  });
  await fake.apply({ table, operations: [addTable, endpoints, { op: 'add-elements', set: 'endpoints', elements }] });
  const held = fake.tables.get(table)?.sets.get('endpoints')?.elements;
  expect(held?.size).toBe(50_000);
  await fake.apply({
    table,
    operations: [
      { op: 'delete-elements', set: 'endpoints', elements: [{ key: ['10.96.0.1', 3] }] },
      { op: 'add-elements', set: 'endpoints', elements: [{ key: ['10.96.0.1', 3], value: ['10.244.0.2'] }] },
    ],
  });
  expect(fake.tables.get(table)?.sets.get('endpoints')?.elements).toBe(held);
  expect(held?.get('10.96.0.1 . 3')?.value).toEqual(['10.244.0.2']);
});
