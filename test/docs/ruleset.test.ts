import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const page = read('docs/reference/ruleset.md');
const script = read('test/golden/shop.nft');

/** The page shows what is IPv4's. */
const asIPv4 = (text: string): string =>
  text
    .replaceAll('ip6', 'ip')
    .replaceAll('fd00:10:244::/56', '10.244.0.0/16')
    .replaceAll(/(@[a-z-]+?|\w+-(?:tcp|udp|sctp))6/g, '$14');

/** Shared chains differ by the number of their endpoints. */
const ofAnyCount = (text: string): string => text.replaceAll(/(mod |tcp4-)\d+/g, '$1N');

/** Chains and rules that do not depend on Services: all but the shared ones and those of session affinity. */
const isFixed = (chain: string): boolean => !/-(?:tcp|udp|sctp)[46]-\d|[/]/.test(chain);

const all = (pattern: RegExp): string[][] => [...script.matchAll(pattern)].map((match) => match.slice(1));

describe('docs/reference/ruleset.md has what render prints', () => {
  const rules = all(/^add rule inet nftproxier (\S+) (.*)$/gm).filter(([chain = '']) => isFixed(chain));
  test.each(rules)('the rule of %s: %s', (_, rule = '') => {
    expect(page).toContain(`\`${asIPv4(rule)}\``);
  });

  const chains = all(/^add chain inet nftproxier (\S+)(?: \{ type (\w+) hook (\w+) priority (-?\d+); \})?$/gm);
  test.each(chains.filter(([name = '']) => isFixed(name)))('the chain %s', (name = '', type, hook, priority) => {
    expect(page).toMatch(
      type === undefined ? new RegExp(`^### ${name}$`, 'm') : `\`${name}\` | ${hook ?? ''}, ${priority ?? ''} |`,
    );
  });

  const shared = all(/^add rule inet nftproxier ((?:local-)?pick-tcp4-\S+|external-\S*tcp4-\S+) (.*)$/gm);
  test.each(shared)('the rule of %s: %s', (_, rule = '') => {
    expect(ofAnyCount(page)).toContain(ofAnyCount(rule.replaceAll('local-endpoints', 'endpoints')));
  });

  test('there is something to compare', () => {
    expect([rules.length, chains.length, shared.length].every((count) => count > 5)).toBe(true);
  });

  const sets = all(/^add (?:set|map) inet nftproxier ([a-z-]+4) /gm);
  test.each(sets.filter(([name = '']) => !/-(?:udp|sctp)4$/.test(name)))('the set %s', (name = '') => {
    expect(page).toContain(`| \`${name}\``);
  });
});
