import { afterAll, beforeAll, expect, it } from 'vitest';
import { bytesOf, jhash } from '@nftproxier/core';
import { createTarget, listElements } from '../../src/run/index.js';
import { concat, payload } from '../../src/syntax/index.js';
import type { Expression, Operation, SetDeclaration } from '../../src/syntax/index.js';
import { makeNamespace } from '../run/namespace.js';
import type { Namespace } from '../run/namespace.js';

const seed = 0x1234;
const table = 'hashes';
const saddr = payload('ip', 'saddr');
const saddr6 = payload('ip6', 'saddr');
const sport = payload('th', 'sport');

/** What is hashed, and the bytes that the kernel hashes for it. */
const hashes: readonly (readonly [
  string,
  readonly Expression[],
  number,
  (key: readonly unknown[]) => readonly number[],
])[] = [
  ['address', [saddr], 251, ([address]) => bytesOf(String(address))],
  ['address6', [saddr6], 65_521, ([address]) => bytesOf(String(address))],
  [
    'connection',
    [saddr, sport],
    100_003,
    ([address, port]) => [...bytesOf(String(address)), ...register(Number(port))],
  ],
  ['connection6', [saddr6, sport], 251, ([address, port]) => [...bytesOf(String(address)), ...register(Number(port))]],
];

const register = (port: number): readonly number[] => [port >> 8, port & 0xff, 0, 0];

let namespace: Namespace;

beforeAll(async () => {
  namespace = makeNamespace();
  namespace.exec('ip', '-6', 'address', 'add', 'fd00:1:2::77/128', 'dev', 'lo');
  const operations = hashes.flatMap(([name, parts, mod]): Operation[] => {
    const [first] = parts;
    const of = parts.length === 1 && first ? first : concat(...parts);
    const set: SetDeclaration = {
      name,
      key: concat(...parts, { kind: 'numgen', mod: 65_536 }),
      flags: ['dynamic'],
      size: 1024,
    };
    const key = concat(...parts, { kind: 'jhash', of, mod, seed });
    return [
      { op: 'add-set', set },
      { op: 'add-rule', chain: 'out', rule: [{ kind: 'update', set: name, key }] },
    ];
  });
  const base = { type: 'filter', hook: 'output', priority: 0 } as const;
  await createTarget(namespace.nft).apply({
    table,
    operations: [{ op: 'add-table' }, { op: 'add-chain', chain: { name: 'out', base } }, ...operations],
  });
  const addresses = ['127.0.0.1', '127.1.2.3', '127.200.9.77', '127.0.0.99', '::1', 'fd00:1:2::77'];
  namespace.exec(process.execPath, '-e', sendFrom, ...addresses);
});

afterAll(() => {
  namespace.remove();
});

it.each(hashes)('is what the kernel makes of an %s', async (set, _parts, mod, bytes) => {
  const { elements } = await listElements(namespace.nft, { table, set, kind: 'set' });
  expect(elements.length).toBeGreaterThan(1);
  for (const { key } of elements) expect(jhash(bytes(key), mod, seed)).toBe(key.at(-1));
});

const sendFrom = `
for (const from of process.argv.slice(1)) {
  const socket = require('node:dgram').createSocket(from.includes(':') ? 'udp6' : 'udp4');
  socket.on('error', () => socket.close());
  socket.bind(0, from, () => socket.send('x', 9, from.includes(':') ? '::1' : '127.0.0.1', () => socket.close()));
}
`;
