import { describe, expect, it } from 'vitest';
import { listStructure, NftOutputError, NftRefusedError } from '../../src/run/index.js';
import type { Nft } from '../../src/run/index.js';

const chain = { family: 'inet', table: 'nftproxier', name: 'services' };
const listed = { nftables: [{ table: { family: 'inet', name: 'nftproxier' } }, { chain }] };
const missing = new NftRefusedError([{ reason: 'not-found', message: 'No such file or directory' }]);

/** An nft that lists one table, and no more than that: its JSON of a table that a process owns ends half-way. */
function halfway(answer: () => unknown): { readonly nft: Nft; readonly asked: string[] } {
  const asked: string[] = [];
  const list = (what: readonly string[]): Promise<unknown> => {
    asked.push(what.join(' '));
    if (what[0] === 'ruleset') return Promise.reject(new NftOutputError('did not print JSON'));
    return Promise.resolve().then(answer);
  };
  const unused = (): Promise<never> => Promise.reject(new Error('not asked for'));
  return { nft: { list, run: unused, version: unused }, asked };
}

describe('listStructure, where nft cannot write the tables of others', () => {
  it('lists the table alone', async () => {
    const { nft, asked } = halfway(() => listed);
    const structure = await listStructure(nft, 'nftproxier');
    expect(structure?.chains).toMatchObject([{ table: 'nftproxier', name: 'services', rules: [] }]);
    expect(asked).toEqual(['ruleset inet', 'table inet nftproxier']);
  });

  it('finds none where there is none', async () => {
    const { nft } = halfway(() => Promise.reject(missing));
    expect(await listStructure(nft, 'nftproxier')).toBeUndefined();
  });
});
