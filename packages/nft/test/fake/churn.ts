import fc from 'fast-check';
import { concat, l4proto, payload } from '../../src/syntax/index.js';
import type { Operation, SetDeclaration } from '../../src/syntax/index.js';
import {
  add,
  addChain,
  addRule,
  addSet,
  addTable,
  drop,
  frontendTo,
  goto,
  jump,
  key,
  lookUp,
  remove,
} from './contract.js';

const frontend = concat(payload('ip', 'daddr'), l4proto, payload('th', 'dport'));
const services: SetDeclaration = { name: 'services', key: frontend, value: 'verdict' };
const sources: SetDeclaration = {
  name: 'sources',
  key: concat(payload('ip', 'daddr'), payload('ip', 'saddr')),
  flags: ['interval'],
};

/** What every random history starts from. */
export const start: readonly Operation[] = [
  addTable,
  addChain('base', { type: 'nat', hook: 'prerouting', priority: -100 }),
  addSet(services),
  addSet(sources),
  addRule('base', lookUp),
];

const chain = fc.constantFrom('a', 'b', 'c');
const address = fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3');
const range = fc.constantFrom('10.0.0.0/8', '10.0.0.0/16', '10.1.0.0/16', '10.1.2.0/24', '11.0.0.0/8', '10.1.2.3');

// A prefix is deleted only as it was added: by another one, the kernel deletes any of those around it.
const operation: fc.Arbitrary<Operation> = fc.oneof(
  chain.map((name) => addChain(name)),
  chain.map((name): Operation => ({ op: 'delete-chain', chain: name })),
  chain.map((name): Operation => ({ op: 'flush-chain', chain: name })),
  chain.map((name) => addRule(name, drop)),
  fc.tuple(chain, chain).map(([from, to]) => addRule(from, jump(to))),
  fc.tuple(address, chain).map(([ip, to]) => add('services', frontendTo(ip, goto(to)))),
  address.map((ip) => add('services', frontendTo(ip, { kind: 'drop' }))),
  address.map((ip) => remove('services', frontendTo(ip, { kind: 'drop' }))),
  fc.tuple(address, range).map(([ip, from]) => add('sources', key(ip, from))),
  fc.constant<Operation>({ op: 'flush-set', set: 'services', kind: 'map' }),
  fc.constant<Operation>({ op: 'flush-set', set: 'sources', kind: 'set' }),
);

/** A random transaction on few names, so that steps meet each other. */
export const transactions: fc.Arbitrary<readonly Operation[]> = fc.array(operation, { minLength: 1, maxLength: 4 });
