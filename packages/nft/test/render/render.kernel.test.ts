import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTarget } from '../../src/run/index.js';
import type { NftTarget } from '../../src/run/index.js';
import type { Operation, Rule } from '../../src/syntax/index.js';
import { makeNamespace } from '../run/namespace.js';
import type { Namespace } from '../run/namespace.js';
import { chains, declarations, elements, expressions, statements } from './nodes.js';

let namespace: Namespace;
let target: NftTarget;
const table = 'render';

beforeAll(async () => {
  namespace = makeNamespace();
  target = createTarget(namespace.nft);
  const operations: Operation[] = [
    { op: 'add-table' },
    ...chains.map(([chain]): Operation => ({ op: 'add-chain', chain })),
    ...declarations.map(([set]): Operation => ({ op: 'add-set', set })),
  ];
  await target.apply({ table, operations });
});

afterAll(() => {
  namespace.remove();
});

it('nft reads every chain and declaration', () => {
  const text = namespace.exec('nft', '--terse', 'list', 'table', 'inet', table);
  for (const [{ name }] of chains) expect(text).toContain(`chain ${name} {`);
  for (const [{ name, value }] of declarations)
    expect(text).toContain(`${value === undefined ? 'set' : 'map'} ${name} {`);
});

it.each(elements)('nft reads an element of %s: %#', async (set, element) => {
  await target.apply({ table, operations: [{ op: 'add-elements', set, elements: [element] }] });
  await target.apply({ table, operations: [{ op: 'delete-elements', set, elements: [element] }] });
});

it.each(statements)('nft reads $text', async ({ statement, before }) => {
  await target.apply({ table, operations: inChain([...before, statement]) });
});

it.each(expressions)('nft reads an expression: %#', async (expression) => {
  const set = { name: 'probe', key: expression };
  if (expression.kind === 'concat' || expression.kind === 'payload') {
    await target.apply({
      table,
      operations: [
        { op: 'add-set', set },
        { op: 'delete-set', set: 'probe' },
      ],
    });
    return;
  }
  const value = { state: 'new', status: 'dnat', l4proto: 'tcp', nfproto: 'ipv4', type: 'local' } as const;
  const word = Object.entries(value).find(([key]) => JSON.stringify(expression).includes(`"${key}"`))?.[1] ?? 1;
  const right = JSON.stringify(expression).includes('iifname')
    ? ({ kind: 'interface', name: 'lo', prefix: false } as const)
    : ({ kind: 'value', value: word } as const);
  await target.apply({ table, operations: inChain([{ kind: 'match', left: expression, op: '==', right }]) });
});

function inChain(rule: Rule): readonly Operation[] {
  return [
    { op: 'add-chain', chain: { name: 'probe' } },
    { op: 'add-rule', chain: 'probe', rule },
    { op: 'delete-chain', chain: 'probe' },
  ];
}
