import { describe, expect, it } from 'vitest';
import { renderTransaction } from '../../src/render/index.js';
import { activationOperations, skeletonOperations } from '../../src/ruleset/index.js';
import type { Operation } from '../../src/syntax/index.js';
import { TableModel } from '../../src/table/model.js';
import { changesOf } from './planned.js';
import { examples, settings } from './services.js';

// The ruleset as nft reads it, for people to read in a review. `vitest run -u` writes the files anew.
const textOf = (operations: readonly Operation[]): string =>
  renderTransaction({ table: 'nftproxier', operations }).text;

describe('the fixed part of the table', () => {
  it('skeleton.nft', async () => {
    await expect(textOf(skeletonOperations(settings))).toMatchFileSnapshot('../golden/skeleton.nft');
  });

  it('activation.nft', async () => {
    await expect(textOf(activationOperations(settings))).toMatchFileSnapshot('../golden/activation.nft');
  });
});

describe('what a Service adds to an empty table', () => {
  it.each(Object.entries(examples))('%s.nft', async (name, example) => {
    const { operations } = new TableModel(settings).prepare(changesOf(example));
    await expect(textOf(operations)).toMatchFileSnapshot(`../golden/${name}.nft`);
  });
});
