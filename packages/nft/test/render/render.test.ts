import { describe, expect, it } from 'vitest';
import {
  ownerOfLine,
  RenderError,
  renderAtom,
  renderChain,
  renderElement,
  renderExpression,
  renderName,
  renderRule,
  renderSetDeclaration,
  renderStatement,
  renderStep,
  renderTransaction,
} from '../../src/render/index.js';
import type { Operation } from '../../src/syntax/index.js';
import { chains, declarations, elements, expressions, statements } from './nodes.js';

describe('text of', () => {
  it.each(expressions)('expression %#', (node, text) => {
    expect(renderExpression(node)).toBe(text);
  });
  it.each(declarations)('declaration %#', (node, text) => {
    expect(renderSetDeclaration(node)).toBe(text);
  });
  it.each(elements)('element %# of %s', (_set, node, text) => {
    expect(renderElement(node)).toBe(text);
  });
  it.each(chains)('chain %#', (node, text) => {
    expect(renderChain(node)).toBe(text);
  });
  it.each(statements)('statement $text', ({ statement, text }) => {
    expect(renderStatement(statement)).toBe(text);
  });
  it('a rule', () => {
    const rule = statements.slice(0, 3).map(({ statement }) => statement);
    expect(renderRule(rule)).toBe('ip saddr != 10.244.0.0/16 ip saddr 10.244.0.0/16 ct state new');
  });
});

describe('atoms', () => {
  it.each([0, 80, 4_294_967_295, '0.0.0.0', '255.255.255.255', '10.0.0.0/8', '0.0.0.0/0', 'tcp', 'local', '::', '::1'])(
    'accepts %s',
    (atom) => {
      expect(renderAtom(atom)).toBe(String(atom));
    },
  );
  it.each(['fd00::1', 'fd00::/64', '::/0', '1:2:3:4:5:6:7:8', '1::8', '1::', 'FD00::ABCD', '1:2:3:4:5:6:7::'])(
    'accepts %s',
    (atom) => {
      expect(renderAtom(atom)).toBe(atom);
    },
  );
  it.each([
    ['host names, which nft would resolve', 'localhost'],
    ['octal octets', '010.0.0.1'],
    ['short addresses', '10.1'],
    ['large octets', '10.0.0.256'],
    ['large prefixes', '10.0.0.0/33'],
    ['numbers as text', '80'],
    ['hexadecimal addresses', '0x0a000001'],
    ['lists', '10.0.0.1, 10.0.0.2'],
    ['a key and its value', '1:2'],
    ['zones', 'fe80::1%eth0'],
    ['two gaps', '1::2::3'],
    ['three colons', '1:::2'],
    ['nine groups', '1:2:3:4:5:6:7:8:9'],
    ['a gap of nothing', '1:2:3:4:5:6:7:8::'],
    ['five digits', '12345::'],
    ['a leading colon', ':1:2:3:4:5:6:7'],
    ['a trailing colon', '1:2:3:4:5:6:7:'],
    ['IPv6 prefixes beyond 128', '::/129'],
    ['an empty prefix', '::/'],
    ['injections', '10.0.0.1 }; delete table inet x; #'],
    ['line feeds', '10.0.0.1\n'],
    ['nothing', ''],
    ['negative numbers', -1],
    ['fractions', 1.5],
    ['NaN', Number.NaN],
    ['33 bits', 4_294_967_296],
  ])('refuses %s', (_what, atom) => {
    expect(() => renderAtom(atom)).toThrow(RenderError);
  });
});

describe('names', () => {
  it.each(['a', 'pick-tcp4-3', 'ns/svc_x.y', `a${'b'.repeat(254)}`])('accepts %s', (name) => {
    expect(renderName(name, 'chain')).toBe(name);
  });
  it.each(['', '1a', 'a b', 'a"', 'a;', 'a\n', '@a', '$a', 'é', `a${'b'.repeat(255)}`])('refuses %j', (name) => {
    expect(() => renderName(name, 'chain')).toThrow(
      expect.objectContaining({ code: 'NFT_RENDER_NAME', what: 'the name of a chain' }),
    );
  });
  it.each([
    ['', false],
    ['abcdefghijklmnop', false],
    ['abcdefghijklmno', true],
    ['eth0"', false],
    ['eth*', false],
    ['a b', true],
    ['a/b', false],
  ])('refuses interface %j (prefix: %s)', (name, prefix) => {
    const right = { kind: 'interface', name, prefix } as const;
    const statement = { kind: 'match', left: { kind: 'meta', key: 'iifname' }, op: '==', right } as const;
    expect(() => renderStatement(statement)).toThrow(expect.objectContaining({ code: 'NFT_RENDER_INTERFACE' }));
  });
  it.each([0, 1.5, 2 ** 32])('refuses the modulus %s', (mod) => {
    expect(() => renderExpression({ kind: 'numgen', mod })).toThrow(
      expect.objectContaining({ code: 'NFT_RENDER_NUMBER' }),
    );
  });
  it.each([
    ['ip', 'fd00::1'],
    ['ip', '10.0.0.0/8'],
    ['ip6', '10.0.0.1'],
    ['ip6', 'fd00::/64'],
  ] as const)('refuses dnat %s to %s', (family, address) => {
    expect(() => renderStatement({ kind: 'dnat', family, address, port: 1 })).toThrow(RenderError);
  });
});

const operations: readonly Operation[] = [
  { op: 'add-table' },
  { op: 'delete-table' },
  { op: 'add-elements', set: 'ips', elements: [] },
  { op: 'add-chain', chain: { name: 'pick' } },
  { op: 'flush-chain', chain: 'pick' },
  { op: 'add-rule', chain: 'pick', rule: [{ kind: 'reject' }] },
  { op: 'add-set', set: { name: 'ips', key: { kind: 'payload', protocol: 'ip', field: 'daddr' } } },
  { op: 'add-set', set: { name: 'map', key: { kind: 'meta', key: 'l4proto' }, value: 'verdict' } },
  { op: 'add-elements', set: 'ips', elements: [{ key: ['10.0.0.1'] }, { key: ['10.0.0.2'] }], owner: 'default/web' },
  { op: 'delete-elements', set: 'map', elements: [{ key: ['tcp'], value: { kind: 'drop' } }] },
  { op: 'flush-set', set: 'ips', kind: 'set' },
  { op: 'flush-set', set: 'map', kind: 'map' },
  { op: 'delete-set', set: 'ips' },
  { op: 'delete-chain', chain: 'pick', owner: 'default/web' },
];

describe('a transaction', () => {
  const rendered = renderTransaction({ table: 't', operations });

  it('has one statement or element on a line', () => {
    expect(rendered.text.split('\n')).toEqual([
      'add table inet t',
      'delete table inet t',
      'add chain inet t pick',
      'flush chain inet t pick',
      'add rule inet t pick reject',
      'add set inet t ips { typeof ip daddr; }',
      'add map inet t map { typeof meta l4proto : verdict; }',
      'add element inet t ips {',
      '10.0.0.1,',
      '10.0.0.2',
      '}',
      'delete element inet t map {',
      'tcp',
      '}',
      'flush set inet t ips',
      'flush map inet t map',
      'delete set inet t ips',
      'delete chain inet t pick',
      '',
    ]);
  });

  it('knows what each line was written for', () => {
    const lines = rendered.text.split('\n').slice(0, -1);
    const owners = lines.map((_text, index) => ownerOfLine(rendered, index + 1));
    expect(owners.map((owner) => owner?.index)).toEqual([0, 1, 3, 4, 5, 6, 7, 8, 8, 8, 8, 9, 9, 9, 10, 11, 12, 13]);
    expect(owners[8]).toMatchObject({ elementIndex: 0, element: { key: ['10.0.0.1'] }, owner: 'default/web' });
    expect(owners[10]).toEqual({ index: 8, operation: operations[8], owner: 'default/web' });
    expect(owners[17]).toMatchObject({ index: 13, owner: 'default/web' });
    for (const line of [0, -1, lines.length + 1]) expect(ownerOfLine(rendered, line)).toBeUndefined();
  });

  it('repeats the text of a line', () => {
    const text = (line: number): string | undefined => {
      const owner = ownerOfLine(rendered, line);
      return owner && renderStep('t', owner.operation, owner.element);
    };
    expect(text(5)).toBe('add rule inet t pick reject');
    expect(text(8)).toBe('add element inet t ips { … }');
    expect(text(10)).toBe('add element inet t ips { 10.0.0.2 }');
    expect(text(13)).toBe('delete element inet t map { tcp }');
  });

  it('without steps has no text', () => {
    expect(renderTransaction({ table: 't', operations: [] }).text).toBe('');
    expect(
      renderTransaction({ table: 't', operations: [{ op: 'delete-elements', set: 's', elements: [] }] }).text,
    ).toBe('');
  });

  it('says where a value is that cannot be written', () => {
    const hostile = 'x"; delete table inet victim; #';
    const bad: Operation = {
      op: 'add-elements',
      set: 'ips',
      elements: [{ key: ['10.0.0.1'] }, { key: [hostile] }],
      owner: 'default/web',
    };
    expect(() => renderTransaction({ table: 't', operations: [{ op: 'add-table' }, bad] })).toThrow(
      expect.objectContaining({
        code: 'NFT_RENDER_ATOM',
        value: JSON.stringify(hostile),
        at: { operation: 1, element: 1, owner: 'default/web' },
        message: expect.stringContaining('(operation 1, element 1, made for "default/web")'),
      }),
    );
    const rule: Operation = { op: 'add-rule', chain: hostile, rule: [{ kind: 'reject' }] };
    expect(() => renderTransaction({ table: 't', operations: [rule] })).toThrow(
      expect.objectContaining({ code: 'NFT_RENDER_NAME', at: { operation: 0 } }),
    );
    expect(() => renderTransaction({ table: hostile, operations: [] })).toThrow(RenderError);
  });
});
