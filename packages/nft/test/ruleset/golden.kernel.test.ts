import { afterAll, beforeAll, describe, it } from 'vitest';
import { activationOperations, skeletonOperations } from '../../src/ruleset/index.js';
import { createTarget } from '../../src/run/index.js';
import type { NftTarget } from '../../src/run/index.js';
import { TableModel } from '../../src/table/model.js';
import type { PreparedChange } from '../../src/table/model.js';
import { makeNamespace } from '../run/namespace.js';
import type { Namespace } from '../run/namespace.js';
import { changesOf } from './planned.js';
import { examples, settings } from './services.js';

const table = 'nftproxier';
let namespace: Namespace;
let target: NftTarget;

beforeAll(() => {
  namespace = makeNamespace();
  target = createTarget(namespace.nft);
});

afterAll(() => {
  namespace.remove();
});

describe('nft and the kernel accept', () => {
  it.each(Object.entries(examples))('%s, and its removal', async (_, example) => {
    const model = new TableModel(settings);
    const commit = async ({ operations, commit: remember }: PreparedChange): Promise<void> => {
      await target.apply({ table, operations });
      remember();
    };
    await target.apply({ table, operations: skeletonOperations(settings) });
    await target.apply({ table, operations: activationOperations(settings) });
    const changes = changesOf(example);
    await commit(model.prepare(changes));
    await commit(model.prepare(changes.map(({ service }) => ({ service, plan: undefined }))));
    await commit(model.prepareCleanup());
    await target.apply({ table, operations: [{ op: 'delete-table' }] });
  });
});
