import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  checkKernel,
  checkNft,
  checkPermission,
  createTarget,
  deleteForeignTable,
  deleteTable,
  foreignTableExists,
  listChains,
  listElements,
  tableExists,
} from '../../src/run/index.js';
import type { Nft } from '../../src/run/index.js';
import { concat, l4proto, payload } from '../../src/syntax/index.js';
import type { Element, Operation } from '../../src/syntax/index.js';
import { makeNamespace } from './namespace.js';
import type { Namespace } from './namespace.js';

let namespace: Namespace;
let nft: Nft;
const table = 'run';
const address = payload('ip', 'daddr');

beforeAll(() => {
  namespace = makeNamespace();
  nft = namespace.nft;
});

afterAll(() => {
  namespace.remove();
});

describe('what is checked at the start', () => {
  it('versions and permission', async () => {
    await checkNft(nft);
    checkKernel(release());
    await checkPermission(nft);
    expect(await listChains(nft)).toEqual([]);
  });

  it('a user without privileges', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nft-user-'));
    try {
      const command = join(folder, 'nft');
      writeFileSync(command, '#!/bin/sh\nexec setpriv --reuid 65534 --clear-groups nft "$@"\n', { mode: 0o755 });
      const unprivileged = namespace.nftWith({ command });
      await checkNft(unprivileged);
      await expect(checkPermission(unprivileged)).rejects.toMatchObject({ code: 'NFT_PERMISSION' });
      await expect(listChains(unprivileged)).rejects.toMatchObject({ code: 'NFT_PERMISSION' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('an nft that is not there', async () => {
    await expect(checkNft(namespace.nftWith({ command: 'nft-of-nobody' }))).rejects.toMatchObject({
      code: 'NFT_MISSING',
    });
  });
});

describe('listings', () => {
  const sets: readonly (readonly [Operation & { readonly op: 'add-set' }, 'set' | 'map', readonly Element[]])[] = [
    [{ op: 'add-set', set: { name: 'ips', key: address } }, 'set', [{ key: ['10.0.0.1'] }, { key: ['10.0.0.2'] }]],
    [
      { op: 'add-set', set: { name: 'cidrs', key: address, flags: ['interval'] } },
      'set',
      [{ key: ['10.0.0.0/8'] }, { key: ['11.0.0.1'] }],
    ],
    [
      { op: 'add-set', set: { name: 'everything', key: address, flags: ['interval'] } },
      'set',
      [{ key: ['0.0.0.0/0'] }],
    ],
    [
      { op: 'add-set', set: { name: 'sources', key: concat(address, payload('ip', 'saddr')), flags: ['interval'] } },
      'set',
      [{ key: ['10.0.0.1', '0.0.0.0/0'] }, { key: ['10.0.0.2', '10.0.0.0/8'] }, { key: ['10.0.0.2', '11.0.0.1'] }],
    ],
    [
      {
        op: 'add-set',
        set: { name: 'services', key: concat(address, l4proto, payload('th', 'dport')), value: 'verdict' },
      },
      'map',
      [
        { key: ['10.0.0.1', 'tcp', 80], value: { kind: 'goto', chain: 'pick' } },
        { key: ['10.0.0.1', 'udp', 80], value: { kind: 'jump', chain: 'pick' } },
        { key: ['10.0.0.1', 'sctp', 80], value: { kind: 'drop' } },
      ],
    ],
    [
      {
        op: 'add-set',
        set: {
          name: 'endpoints6',
          key: concat(payload('ip6', 'daddr'), payload('tcp', 'dport'), { kind: 'numgen', mod: 65_536 }),
          value: concat(payload('ip6', 'daddr'), payload('tcp', 'dport')),
        },
      },
      'map',
      [{ key: ['fd00::1', 80, 258], value: ['fd01::1', 8080] }],
    ],
    [
      {
        op: 'add-set',
        set: { name: 'clients', key: address, flags: ['dynamic', 'timeout'], timeoutSeconds: 10_800, size: 65_535 },
      },
      'set',
      [
        { key: ['10.0.0.1'], expiresSeconds: 5_000 },
        { key: ['10.0.0.2'], timeoutSeconds: 9_000, expiresSeconds: 6_000 },
      ],
    ],
  ];

  beforeAll(async () => {
    await createTarget(nft).apply({
      table,
      operations: [
        { op: 'add-table' },
        { op: 'add-chain', chain: { name: 'pick' } },
        { op: 'add-chain', chain: { name: 'base', base: { type: 'nat', hook: 'output', priority: -100 } } },
        ...sets.flatMap(([set, , elements]): Operation[] => [set, { op: 'add-elements', set: set.set.name, elements }]),
      ],
    });
  });

  it('of chains', async () => {
    expect(await listChains(nft)).toEqual([
      { table, name: 'pick' },
      { table, name: 'base', base: { type: 'nat', hook: 'output', priority: -100 } },
    ]);
    expect(await tableExists(nft, table)).toBe(true);
    expect(await tableExists(nft, 'absent')).toBe(false);
  });

  it.each(sets.map(([set, kind, elements]) => [set.set.name, kind, elements] as const))(
    'of the elements of %s',
    async (set, kind, elements) => {
      const listed = await listElements(nft, { table, set, kind });
      expect(listed.unread).toBe(0);
      const times = ({ expiresSeconds = 0, ...element }: Element): unknown => ({
        ...element,
        lives: Math.ceil(expiresSeconds / 1000),
      });
      const text = (element: Element): string => JSON.stringify(times(element));
      expect(listed.elements.map(text).sort()).toEqual(elements.map(text).sort());
    },
  );

  it('of a set that is not there', async () => {
    await expect(listElements(nft, { table, set: 'absent', kind: 'set' })).rejects.toMatchObject({
      reason: 'not-found',
    });
    await expect(listElements(nft, { table: 'absent', set: 'x', kind: 'map' })).rejects.toMatchObject({
      reason: 'not-found',
    });
  });
});

it('deletes a table, once or twice', async () => {
  await nft.run('add table inet gone\n');
  await deleteTable(nft, 'gone');
  await deleteTable(nft, 'gone');
});

it('knows and deletes tables of others by family and name', async () => {
  await nft.run('add table ip foreign\nadd table ip6 foreign\n');
  const [ip, ip6, inet] = (['ip', 'ip6', 'inet'] as const).map((family) => ({ family, name: 'foreign' }));
  if (!ip || !ip6 || !inet) throw new Error('three tables');
  const present = async (): Promise<readonly boolean[]> => [
    await foreignTableExists(nft, ip),
    await foreignTableExists(nft, ip6),
    await foreignTableExists(nft, inet),
  ];
  expect(await present()).toEqual([true, true, false]);
  expect(await deleteForeignTable(nft, ip)).toBe(true);
  expect(await deleteForeignTable(nft, ip)).toBe(false);
  expect(await deleteForeignTable(nft, inet)).toBe(false);
  expect(await present()).toEqual([false, true, false]);
  expect(await deleteForeignTable(nft, ip6)).toBe(true);
  await expect(deleteForeignTable(nft, { family: 'ip', name: 'x; flush ruleset' })).rejects.toThrow('name of a table');
});

it('takes effect not at all when it is only checked or cancelled', async () => {
  await nft.run('add table inet ghost\nadd chain inet ghost c\n', { check: true });
  await expect(
    nft.run('add table inet ghost\nadd chain inet ghost c\n', { signal: AbortSignal.abort() }),
  ).rejects.toMatchObject({ code: 'NFT_CANCELLED' });
  expect(await tableExists(nft, 'ghost')).toBe(false);
});

it('says which service is to blame', async () => {
  const operations: readonly Operation[] = [
    { op: 'add-elements', set: 'ips', elements: [{ key: ['10.0.0.7'] }], owner: 'default/good' },
    {
      op: 'delete-elements',
      set: 'ips',
      elements: [{ key: ['10.0.0.7'] }, { key: ['10.0.0.9'] }],
      owner: 'default/bad',
    },
  ];
  await expect(createTarget(nft).apply({ table, operations })).rejects.toMatchObject({
    code: 'NFT_REFUSED',
    reason: 'not-found',
    owner: 'default/bad',
    refusals: [{ at: { operation: 1, element: 1 }, statement: `delete element inet ${table} ips { 10.0.0.9 }` }],
  });
});

it('says that a message was too long for the socket, as it is in a mapped user namespace', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nft-mapped-'));
  try {
    const command = join(folder, 'nft');
    writeFileSync(command, '#!/bin/sh\nexec unshare --user --map-root-user --net nft "$@"\n', { mode: 0o755 });
    const elements = Array.from({ length: 20_000 }, (_unused, index) => ({
      key: [`10.0.${String(index >> 8)}.${String(index & 255)}`],
    }));
    const operations: readonly Operation[] = [
      { op: 'add-table' },
      { op: 'add-set', set: { name: 'ips', key: address } },
      { op: 'add-elements', set: 'ips', elements },
    ];
    const target = createTarget(namespace.nftWith({ command }));
    await expect(target.apply({ table, operations })).rejects.toMatchObject({
      code: 'NFT_REFUSED',
      reason: 'too-long',
    });
    await target.apply({ table, operations: operations.slice(0, 2) });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
