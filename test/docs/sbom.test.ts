import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { billOf, problemOf } from '../../scripts/sbom/bom.mjs';

interface Bill {
  readonly metadata: { readonly component: { readonly 'bom-ref': string } };
  readonly components: readonly {
    readonly 'bom-ref': string;
    readonly group?: string;
    readonly licenses: readonly unknown[];
    readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}

const read = async (name: string): Promise<Bill> => JSON.parse(await billOf(name)) as Bill;

describe('row 24: the bill of materials', () => {
  test.each(['core', 'nft', 'daemon'])('of %s is CycloneDX, the same every time', async (name) => {
    const bill = await billOf(name);
    expect(await problemOf(bill)).toBeUndefined();
    expect(await billOf(name)).toBe(bill);
  });

  test('is CycloneDX: fails without a name', async () => {
    expect(await problemOf((await billOf('nft')).replaceAll('"name"', '"nom"'))).toContain('name');
  });

  test('of the daemon lists what docs/dependencies.md lists, with licence and checksum', async () => {
    const { components } = await read('daemon');
    const others = components.filter(({ group }) => group !== '@nftproxier');
    const page = readFileSync(new URL('../../docs/dependencies.md', import.meta.url), 'utf8');
    const listed = [...page.slice(page.indexOf('## All of them')).matchAll(/`([^`]+@\d[^`]*)`/gu)];
    expect(others.map((one) => one['bom-ref']).toSorted()).toEqual(
      [...new Set(listed.map(([, key]) => key ?? ''))].toSorted(),
    );
    for (const { licenses, hashes } of others) {
      expect(licenses).toHaveLength(1);
      expect(hashes).toEqual([{ alg: 'SHA-512', content: expect.stringMatching(/^[0-9a-f]{128}$/u) as string }]);
    }
  });

  test('of core has nothing but core; what others need is all there', async () => {
    expect((await read('core')).components ?? []).toEqual([]);
    const { metadata, components, dependencies } = await read('daemon');
    const all = new Set([metadata.component, ...components].map((one) => one['bom-ref']));
    expect(new Set(dependencies.map(({ ref }) => ref))).toEqual(all);
    expect(dependencies.flatMap(({ dependsOn = [] }) => dependsOn).filter((ref) => !all.has(ref))).toEqual([]);
  });
});
