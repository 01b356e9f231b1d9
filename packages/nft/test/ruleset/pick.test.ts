import { describe, expect, it, test } from 'vitest';
import { families, protocols } from '@nftproxier/core';
import { renderRule } from '../../src/render/index.js';
import { leadsTo, sharedChainName, sharedChainRules } from '../../src/ruleset/pick.js';
import type { LocalPodDetector, TableSettings } from '../../src/ruleset/index.js';
import type { SharedChain } from '../../src/ruleset/pick.js';
import { settings } from './services.js';

const kind = { key: 'address', protocol: 'TCP', family: 'IPv4' } as const;
const pick = (count: number): SharedChain => ({ kind: 'pick', list: 'cluster', count, ...kind });
const external: SharedChain = { kind: 'external', count: 3, ...kind };
const externalLocal = (localCount: number): SharedChain => ({ kind: 'external-local', count: 3, localCount, ...kind });

const rules = (chain: SharedChain, of: TableSettings = settings): string[] =>
  sharedChainRules(chain, of).map(renderRule);

/** Every shared chain with up to three endpoints. */
const everyChain: readonly SharedChain[] = families.flatMap((family) =>
  protocols.flatMap((protocol) =>
    (['address', 'nodeport'] as const).flatMap((key) =>
      [1, 2, 3].flatMap((count): SharedChain[] => [
        { kind: 'pick', key, list: 'cluster', count, protocol, family },
        { kind: 'pick', key, list: 'local', count, protocol, family },
        { kind: 'external', key, count, protocol, family },
        ...[0, 1, 2, 3].map((localCount): SharedChain => ({
          kind: 'external-local',
          key,
          count,
          localCount,
          protocol,
          family,
        })),
      ]),
    ),
  ),
);

describe('shared chains', () => {
  it('have names of their own', () => {
    const names = everyChain.map(sharedChainName);
    expect(new Set(names).size).toBe(names.length);
  });

  it('lead only to chains they name, and at last to none', () => {
    for (const chain of everyChain) {
      const targets = rules(chain).flatMap((rule) => /goto (\S+)/.exec(rule)?.[1] ?? []);
      expect([...new Set(targets)].sort()).toEqual(leadsTo(chain).map(sharedChainName).sort());
      expect(depth(chain)).toBeLessThanOrEqual(3);
    }
  });

  it('look in the map of their kind, and rewrite with the words of their family', () => {
    for (const chain of everyChain.filter((each) => each.kind === 'pick')) {
      const [rule] = rules(chain);
      const name = sharedChainName(chain).replace('pick-', 'endpoints-').replace(/-\d+$/, '');
      expect(rule).toMatch(new RegExp(`^dnat ${chain.family === 'IPv4' ? 'ip' : 'ip6'} to .* map @${name}$`));
    }
  });

  const expected: [string, SharedChain, string[]][] = [
    [
      'one endpoint is looked up twice',
      pick(1),
      Array.from({ length: 2 }, () => 'dnat ip to ip daddr . tcp dport . numgen random mod 1 map @endpoints-tcp4'),
    ],
    [
      'several, and then the one that is always there',
      pick(3),
      ['dnat ip to ip daddr . tcp dport . numgen random mod 3 map @endpoints-tcp4', 'goto pick-tcp4-1'],
    ],
    ['external', external, ['jump mark-for-masquerade', 'goto pick-tcp4-3']],
    [
      'external, Local',
      externalLocal(2),
      [
        'ip saddr 10.244.0.0/16 goto pick-tcp4-3',
        'fib saddr type local jump mark-for-masquerade',
        'fib saddr type local goto pick-tcp4-3',
        'goto local-pick-tcp4-2',
      ],
    ],
    [
      'external, Local, nobody here: on to the check that drops',
      externalLocal(0),
      [
        'ip saddr 10.244.0.0/16 goto pick-tcp4-3',
        'fib saddr type local jump mark-for-masquerade',
        'fib saddr type local goto pick-tcp4-3',
      ],
    ],
  ];
  test.each(expected)('%s', (_, chain, text) => {
    expect(rules(chain)).toEqual(text);
  });

  const detectors: [string, LocalPodDetector | undefined, string | undefined][] = [
    ['none', undefined, undefined],
    ['an interface', { kind: 'interface', name: 'cni0', prefix: false }, 'meta iifname "cni0" goto pick-tcp4-3'],
    ['interfaces', { kind: 'interface', name: 'veth', prefix: true }, 'meta iifname "veth*" goto pick-tcp4-3'],
  ];
  test.each(detectors)('local pods told by %s', (_, detector, first) => {
    const of = { ...settings, localPods: detector === undefined ? {} : { IPv4: detector } };
    expect(rules(externalLocal(1), of)).toEqual([
      ...(first === undefined ? [] : [first]),
      'fib saddr type local jump mark-for-masquerade',
      'fib saddr type local goto pick-tcp4-3',
      'goto local-pick-tcp4-1',
    ]);
  });
});

function depth(chain: SharedChain): number {
  return 1 + Math.max(0, ...leadsTo(chain).map(depth));
}
