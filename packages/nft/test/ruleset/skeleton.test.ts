import { describe, expect, it, test } from 'vitest';
import { renderRule, renderSetDeclaration } from '../../src/render/index.js';
import { activationOperations, defaultTableSettings, skeletonOperations } from '../../src/ruleset/index.js';
import { sharedChainRules } from '../../src/ruleset/pick.js';
import { baseChains, skeletonChains, skeletonSets } from '../../src/ruleset/skeleton.js';
import type { TableSettings } from '../../src/ruleset/index.js';
import { FakeNft } from '../../src/fake/index.js';
import { settings } from './services.js';

const rulesOf = (chain: string, of: TableSettings): string[] =>
  (skeletonChains(of).find((each) => each.chain.name === chain)?.rules ?? []).map(renderRule);

const variants: [string, TableSettings][] = [
  ['defaults', defaultTableSettings],
  ['local pods by address', settings],
  ['IPv4', { ...settings, families: ['IPv4'] }],
  ['IPv6', { ...settings, families: ['IPv6'] }],
  ['node ports everywhere', { ...settings, nodePorts: { IPv4: { kind: 'all' }, IPv6: { kind: 'all' } } }],
  ['masquerade all', { ...settings, masqueradeAll: true }],
  ['another mark', { ...settings, masqueradeMark: 0x80_00_00_00 }],
  ['with counters', { ...settings, counters: 'services' }],
  ['with counters of endpoints', { ...settings, counters: 'endpoints' }],
  ['for kernels whose lookups can be relied on', { ...settings, lookups: 'once' }],
  ['local pods by interface', { ...settings, localPods: { IPv4: { kind: 'interface', name: 'veth', prefix: true } } }],
];

describe('the fixed part of the table', () => {
  test.each(variants)('%s: is accepted, and then put into service', async (_, of) => {
    const nft = new FakeNft();
    await nft.apply({ table: 't', operations: skeletonOperations(of) });
    await nft.apply({ table: 't', operations: activationOperations(of) });
    // Of each counted thing: sixteen sets and chains, and the map that leads to them; node ports have one set.
    const counted = { off: 0, services: 1, endpoints: 2 }[of.counters];
    const counting = 17 * counted + (counted === 0 ? 0 : 1);
    expect(nft.tables.get('t')?.sets.size).toBe((22 + counting) * of.families.length);
    const input = of.counters === 'endpoints' ? 1 : 0;
    expect(nft.tables.get('t')?.chains.size).toBe(15 + 16 * counted * of.families.length + input);
  });

  test.each(variants)('%s: has base chains only once it is in service', (_, of) => {
    expect(skeletonChains(of).filter(({ chain }) => chain.base !== undefined)).toEqual([]);
    expect(baseChains(of).every(({ chain }) => chain.base !== undefined)).toBe(true);
  });

  test.each(variants)('%s: has nothing of a family it does not serve', (_, of) => {
    const text = JSON.stringify([skeletonOperations(of), activationOperations(of)]);
    expect(text.includes('"ip"')).toBe(of.families.includes('IPv4'));
    expect(text.includes('"ip6"')).toBe(of.families.includes('IPv6'));
  });

  it('declares by typeof, with the ports of one protocol in the data of maps', () => {
    for (const set of skeletonSets(settings)) {
      const text = renderSetDeclaration(set);
      expect(text).toMatch(/\{ typeof /);
      expect(text.split(' : ')[1] ?? '').not.toContain('th dport');
    }
  });

  it.each([
    ['once', 1],
    ['twice', 2],
  ] as const)('looks %s into what is replaced while packets pass', (lookups, times) => {
    const of: TableSettings = { ...defaultTableSettings, lookups };
    const all = rulesOf('services', of).filter((rule) => rule.includes(' vmap '));
    const first = { kind: 'pick', key: 'address', list: 'cluster', count: 1, protocol: 'TCP', family: 'IPv4' } as const;
    expect(all).toHaveLength(4 * times);
    expect(new Set(all).size).toBe(4);
    expect(sharedChainRules(first, of)).toHaveLength(times);
  });

  it('hooks where neighbours expect it', () => {
    const hooks = baseChains(settings).map(
      ({ chain: { name, base } }) => `${name} ${base!.type} ${base!.hook} ${String(base!.priority)}`,
    );
    expect(hooks).toEqual([
      'filter-prerouting filter prerouting -110',
      'filter-output-pre-dnat filter output -110',
      'nat-prerouting nat prerouting -100',
      'nat-output nat output -100',
      'filter-input filter input 0',
      'filter-forward filter forward 0',
      'filter-output filter output 0',
      'nat-postrouting nat postrouting 100',
    ]);
  });

  it('clears the mark when it masquerades, whatever the bit', () => {
    const of = { ...settings, masqueradeMark: 0x10 };
    const postrouting = baseChains(of).at(-1)!.rules.map(renderRule);
    expect(postrouting[0]).toBe(
      'meta mark and 0x00000010 != 0 meta mark set meta mark xor 0x00000010 masquerade fully-random',
    );
    expect(rulesOf('mark-for-masquerade', of)).toEqual(['meta mark set meta mark or 0x00000010']);
  });
});

describe('masquerading of traffic to cluster IPs', () => {
  const marking = (of: TableSettings) => rulesOf('services', of).filter((rule) => rule.includes('jump'));
  test.each<[string, Partial<TableSettings>, string[]]>([
    ['nothing where local pods cannot be told', { localPods: {} }, []],
    [
      'what does not come from local pods',
      {},
      [
        'ip daddr @cluster-ips4 ip saddr != 10.244.0.0/16 jump mark-for-masquerade',
        'ip6 daddr @cluster-ips6 ip6 saddr != fd00:244::/48 jump mark-for-masquerade',
      ],
    ],
    [
      'what does not come in by an interface',
      { localPods: { IPv6: { kind: 'interface', name: 'cni0', prefix: false } } },
      ['ip6 daddr @cluster-ips6 meta iifname != "cni0" jump mark-for-masquerade'],
    ],
    [
      'everything',
      { masqueradeAll: true, localPods: {} },
      ['ip daddr @cluster-ips4 jump mark-for-masquerade', 'ip6 daddr @cluster-ips6 jump mark-for-masquerade'],
    ],
  ])('%s', (_, changes, expected) => {
    expect(marking({ ...settings, ...changes })).toEqual(expected);
  });
});

describe('node ports', () => {
  const all: TableSettings = { ...settings, nodePorts: { IPv4: { kind: 'all' }, IPv6: { kind: 'listed' } } };
  it('are open at listed addresses, or at all that are not loopback', () => {
    const rules = rulesOf('services', all).filter((rule) => rule.includes('@nodeports'));
    expect(new Set(rules)).toEqual(
      new Set([
        'ip daddr != 127.0.0.0/8 fib daddr type local meta l4proto . th dport vmap @nodeports4',
        'ip6 daddr @nodeport-ips6 meta l4proto . th dport vmap @nodeports6',
      ]),
    );
  });

  it('refuse at the same addresses', () => {
    expect(rulesOf('no-endpoint-nodeports-check', all)).toEqual([
      'ip daddr != 127.0.0.0/8 fib daddr type local meta l4proto . th dport vmap @no-endpoint-nodeports4',
      'ip6 daddr @nodeport-ips6 meta l4proto . th dport vmap @no-endpoint-nodeports6',
    ]);
  });
});
