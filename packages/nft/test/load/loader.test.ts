import { Planner, nodeView } from '@nftproxier/core';
import { service, slice } from '@nftproxier/core/testing';
import { NftKilledError, NftMissingError, NftRefusedError } from '@nftproxier/nft';
import { FakeNft, FaultyTarget } from '@nftproxier/nft/testing';
import type { FaultPlan } from '@nftproxier/nft/testing';
import { describe, expect, it } from 'vitest';
import { createFakeLoadTarget } from '../../src/load/fake-target.js';
import { Loader, TableLostError } from '../../src/load/index.js';
import type { LoadTarget } from '../../src/load/index.js';
import { defaultTableSettings } from '../../src/ruleset/index.js';
import type { Operation, Transaction } from '../../src/syntax/index.js';

const desired = { settings: defaultTableSettings, network: { nodePortAddresses: [], serviceCIDRs: [] } };

interface Scene {
  readonly fake: FakeNft;
  readonly planner: Planner;
  readonly loader: Loader;
  readonly transactions: Transaction[];
}

/** A loader on the fake, with `count` services of two endpoints each, behind what a plan of faults lets through. */
function scene(count: number, faults: FaultPlan = () => undefined, fake = new FakeNft()): Scene {
  const planner = new Planner(nodeView('node-a'));
  for (let index = 1; index <= count; index += 1) set(planner, index, [1, 2]);
  planner.takeChanges();
  const transactions: Transaction[] = [];
  const inner = createFakeLoadTarget(fake);
  const faulty = new FaultyTarget(inner, faults);
  const target: LoadTarget = {
    ...inner,
    apply: async (transaction) => {
      transactions.push(transaction);
      await faulty.apply(transaction);
    },
  };
  return { fake, planner, loader: new Loader(target), transactions };
}

function set(planner: Planner, index: number, endpoints: readonly number[], affinity = false): void {
  const name = `s${String(index)}`;
  planner.setService(
    service({
      name,
      clusterIP: `10.96.0.${String(index)}`,
      ports: [80],
      ...(affinity && { sessionAffinity: 'ClientIP' }),
    }),
  );
  const addresses = endpoints.map((last) => `10.244.${String(index)}.${String(last)}`);
  planner.setEndpointSlice(
    slice({ service: name, ports: [8080], endpoints: addresses.map((address) => ({ address })) }),
  );
}

const load = ({ loader, planner }: Scene) => loader.replace({ ...desired, plans: planner.plans.values() });

describe('a loader that was told that its table is gone', () => {
  it.each(['nothing else', 'the table, all the same'])(
    'loads it in its place in one transaction where there is %s',
    async (what) => {
      const world = scene(3);
      const { loader, fake, transactions } = world;
      await load(world);
      // The second table is in service, then.
      await load(world);
      expect(loader.tableName).toBe('nftproxier-2');
      const before = fake.dump('nftproxier-2');
      if (what === 'nothing else') await fake.apply({ table: 'nftproxier-2', operations: [{ op: 'delete-table' }] });
      transactions.splice(0);
      loader.lost();
      expect(loader.model).toBeUndefined();
      expect((await load(world)).wasInService).toBe(false);
      expect(transactions).toHaveLength(1);
      expect([...fake.tables.keys()]).toEqual(['nftproxier-2']);
      expect(fake.dump('nftproxier-2')).toBe(before);
      // From then on as ever.
      expect((await load(world)).wasInService).toBe(true);
      expect([...fake.tables.keys()]).toEqual(['nftproxier']);
    },
  );
});

const refusal = (owner?: string): NftRefusedError =>
  new NftRefusedError([
    { reason: 'invalid', message: 'refused', ...(owner !== undefined && { at: { operation: 0, owner } }) },
  ]);

const touches = (transaction: Transaction, address: string): boolean =>
  transaction.operations.some(
    (operation: Operation) => 'elements' in operation && operation.elements.some(({ key }) => key.includes(address)),
  );

describe('Loader.replace', () => {
  it('fills a table without base chains, puts it into service, and only then deletes the old one', async () => {
    const first = scene(3);
    await load(first);
    expect(first.loader.tableName).toBe('nftproxier');
    const second = scene(3, undefined, first.fake);
    await load(second);
    expect(second.loader.tableName).toBe('nftproxier-2');
    expect([...first.fake.tables.keys()]).toEqual(['nftproxier-2']);
    const hasBaseChain = ({ operations }: Transaction): boolean =>
      operations.some((operation) => operation.op === 'add-chain' && operation.chain.base !== undefined);
    const activation = second.transactions.findIndex(hasBaseChain);
    expect(second.transactions.findIndex((one) => one.table === 'nftproxier')).toBe(activation + 1);
    expect(activation).toBe(second.transactions.length - 2);
  });

  it('is one transaction where nothing serves and the table is small', async () => {
    const one = scene(3);
    const replaced = await load(one);
    expect(one.transactions).toHaveLength(1);
    expect(replaced).toMatchObject({ wasInService: false, transactions: 1, refused: [] });
    const slowly = scene(3, (attempt) => (attempt === 0 ? { when: 'before', error: refusal() } : undefined));
    expect(await load(slowly)).toMatchObject({ wasInService: false, refused: [] });
    expect(slowly.transactions.length).toBeGreaterThan(2);
    expect(slowly.fake.dump('nftproxier')).toBe(one.fake.dump('nftproxier'));
  });

  it('goes back to the first name, and leaves the same contents', async () => {
    const one = scene(3);
    await load(one);
    const before = one.fake.dump('nftproxier');
    await load(one);
    await load(one);
    expect(one.loader.tableName).toBe('nftproxier');
    expect(one.fake.dump('nftproxier')).toBe(before);
  });

  it('leaves the old table in service when it fails half-way, and clears what it left the next time', async () => {
    const first = scene(3);
    await load(first);
    const before = first.fake.dump('nftproxier');
    const second = scene(
      3,
      (attempt) => (attempt === 2 ? { when: 'before', error: new NftKilledError('SIGKILL') } : undefined),
      first.fake,
    );
    await expect(load(second)).rejects.toThrow(NftKilledError);
    expect(first.fake.dump('nftproxier')).toBe(before);
    expect(second.loader.model).toBeUndefined();
    await load(second);
    expect([...first.fake.tables.keys()]).toEqual(['nftproxier-2']);
  });

  it('sets aside a service that is refused, and loads the others', async () => {
    const one = scene(9, (_, transaction) =>
      touches(transaction, '10.96.0.5') ? { when: 'before', error: refusal() } : undefined,
    );
    const { refused } = await load(one);
    expect(refused.map(({ service: key }) => key)).toEqual(['default/s5']);
    expect([...one.loader.refused.keys()]).toEqual(['default/s5']);
    expect(one.loader.model?.counts.services).toBe(8);
  });

  it('carries over the clients that session affinity remembers, with the time they have left', async () => {
    const first = scene(1);
    set(first.planner, 1, [1, 2], true);
    first.planner.takeChanges();
    await load(first);
    const name = 'affinity-clients-default/s1/tcp4__10.244.1.1/8080';
    const client = { key: ['192.0.2.1'], timeoutSeconds: 600, expiresSeconds: 77 };
    await first.fake.apply({
      table: 'nftproxier',
      operations: [{ op: 'add-elements', set: name, elements: [client] }],
    });
    await load(first);
    expect([...(first.fake.tables.get('nftproxier-2')?.sets.get(name)?.elements.values() ?? [])]).toEqual([client]);
  });
});

describe('Loader.apply', () => {
  it('is one transaction for all that changed', async () => {
    const one = scene(5);
    await load(one);
    one.transactions.length = 0;
    set(one.planner, 2, [1, 3]);
    set(one.planner, 4, [1]);
    await one.loader.apply(one.planner.takeChanges());
    expect(one.transactions).toHaveLength(1);
    expect(one.fake.dump('nftproxier')).toContain('10.244.2.3');
  });

  for (const owner of ['default/s3', undefined]) {
    it(`finds the service that is refused ${owner === undefined ? 'when nft does not name it' : 'by the one nft names'}`, async () => {
      let isBroken = true;
      const one = scene(8, (_, transaction) =>
        isBroken &&
        touches(transaction, '10.96.0.3') &&
        transaction.operations.length < 1_000 &&
        one.loader.model !== undefined
          ? { when: 'before', error: refusal(owner) }
          : undefined,
      );
      await load(one);
      for (let index = 1; index <= 8; index += 1) set(one.planner, index, [1, 2, 3]);
      const { refused } = await one.loader.apply(one.planner.takeChanges());
      expect(refused.map(({ service: key }) => key)).toEqual(['default/s3']);
      expect(one.loader.model?.slotsOf(refused[0]?.service ?? ('' as never))[0]?.cluster).toHaveLength(2);
      isBroken = false;
      expect((await one.loader.retryRefused()).refused).toEqual([]);
      expect(one.loader.refused.size).toBe(0);
      expect(one.fake.dump('nftproxier')).toContain('10.244.3.3');
    });
  }

  it('lets a service have an address that another lets go of in the same sync, whoever comes first', async () => {
    const one = scene(2);
    await load(one);
    // s1 takes the cluster IP of s2, which moves away: s1 is prepared first.
    one.planner.setService(service({ name: 's1', clusterIP: '10.96.0.2', ports: [80] }));
    one.planner.setService(service({ name: 's2', clusterIP: '10.96.0.9', ports: [80] }));
    expect((await one.loader.apply(one.planner.takeChanges())).refused).toEqual([]);
    expect(one.fake.dump('nftproxier')).toContain('10.96.0.9');
  });

  it('says so when the table is gone, and loads it anew when told to', async () => {
    const one = scene(2);
    await load(one);
    await one.fake.apply({ table: 'nftproxier', operations: [{ op: 'delete-table' }] });
    set(one.planner, 1, [5]);
    const changes = one.planner.takeChanges();
    await expect(one.loader.apply(changes)).rejects.toThrow(TableLostError);
    await expect(one.loader.apply(changes)).rejects.toThrow(TableLostError);
    await load(one);
    expect(one.fake.dump('nftproxier')).toContain('10.244.1.5');
  });

  it('trusts nothing any more when it cannot know what took effect', async () => {
    const one = scene(2, (attempt) =>
      attempt === 20 ? { when: 'after', error: new NftKilledError('SIGKILL') } : undefined,
    );
    await load(one);
    for (let index = 10; index < 40 && one.loader.model !== undefined; index += 1) {
      set(one.planner, 1, [index]);
      await one.loader.apply(one.planner.takeChanges()).catch(() => undefined);
    }
    expect(one.loader.model).toBeUndefined();
    await load(one);
    expect(one.loader.model?.counts.services).toBe(2);
  });

  it('goes on from what it knows when nft was not there to be run', async () => {
    let isMissing = false;
    const one = scene(2, () => (isMissing ? { when: 'before', error: new NftMissingError('nft') } : undefined));
    await load(one);
    isMissing = true;
    set(one.planner, 1, [7]);
    const changes = one.planner.takeChanges();
    await expect(one.loader.apply(changes)).rejects.toThrow(NftMissingError);
    isMissing = false;
    expect(await one.loader.apply(changes)).toMatchObject({ transactions: 1, refused: [] });
  });

  it('sends less at once where the kernel takes only short messages', async () => {
    const tooLong = new NftRefusedError([{ reason: 'too-long', message: 'Message too long' }]);
    const elements = ({ operations }: Transaction): number =>
      operations.reduce((sum, operation) => sum + ('elements' in operation ? operation.elements.length : 0), 0);
    const one = scene(30, (_, transaction) =>
      elements(transaction) > 40 ? { when: 'before', error: tooLong } : undefined,
    );
    expect((await load(one)).refused).toEqual([]);
    expect(one.loader.model?.counts.services).toBe(30);
  });
});

describe('Loader.deleteStaleChains', () => {
  it('deletes the chains that affinity left, in a transaction of its own', async () => {
    const one = scene(1);
    set(one.planner, 1, [1], true);
    one.planner.takeChanges();
    await load(one);
    set(one.planner, 1, [1]);
    await one.loader.apply(one.planner.takeChanges());
    const chains = (): number =>
      [...(one.fake.tables.get('nftproxier')?.chains.keys() ?? [])].filter((name) => name.includes('s1')).length;
    expect(chains()).toBe(2);
    expect(one.loader.model?.hasStaleChains).toBe(true);
    await one.loader.deleteStaleChains();
    expect(chains()).toBe(0);
  });
});
