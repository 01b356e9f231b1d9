import { below } from '@nftproxier/core/testing';
import { describe, expect, it } from 'vitest';
import { TableAuditor } from '../../src/audit/index.js';
import type { Operation } from '../../src/syntax/index.js';
import { counting, invented, network, openWorld } from './meddling.js';
import type { World } from './meddling.js';

describe('an auditor', () => {
  it.each([1, 2, 3, 4, 5, 6])('finds every history in agreement, and writes nothing (%i)', async (seed) => {
    const world = await openWorld(seed);
    expect(world.elements().length).toBeGreaterThan(10);
    expect(await world.auditor.audit()).toMatchObject({ result: 'agreed', total: 0, discrepancies: [] });
    expect(world.asked.applied).toEqual([]);
  });

  it.each(Array.from({ length: 40 }, (_, index) => index + 1))(
    'puts any elements right with as few operations as there are differences (%i)',
    async (seed) => {
      const world = await openWorld(seed);
      const { random } = world;
      const before = world.dump();
      const all = [...world.elements()];
      const changes = { deleted: 0, changed: 0, added: 0 };
      for (let count = 1 + below(random, 8); count > 0 && all.length > 0; count -= 1) {
        const [[set, element] = []] = all.splice(below(random, all.length), 1);
        if (set === undefined || element === undefined) break;
        await world.meddle({ op: 'delete-elements', set, elements: [element] });
        const isSlot = Array.isArray(element.value);
        if (isSlot && random() < 0.5) {
          const address = set.endsWith('6') ? '2001:db8::1' : '203.0.113.1';
          await world.meddle({ op: 'add-elements', set, elements: [{ ...element, value: [address, 1] }] });
          changes.changed += 1;
        } else changes.deleted += 1;
      }
      for (const set of world.table.sets.keys()) {
        const element = invented(set);
        if (element === undefined || random() < 0.5) continue;
        await world.meddle({ op: 'add-elements', set, elements: [element] });
        changes.added += 1;
      }
      const { deleted, changed, added } = changes;
      const report = await world.auditor.audit();
      expect(report).toMatchObject({
        result: 'repaired',
        total: deleted + changed + added,
        wasIncomplete: deleted + changed > 0,
      });
      expect(world.dump()).toBe(before);
      const written = world.asked.applied.flatMap(({ operations }) => operations);
      const count = (op: Operation['op']) =>
        written.reduce((sum, one) => sum + (one.op === op && 'elements' in one ? one.elements.length : 0), 0);
      expect([count('add-elements'), count('delete-elements')]).toEqual([deleted + changed, changed + added]);
      expect(await world.auditor.audit()).toMatchObject({ result: 'agreed' });
      // What the model says is still what the kernel holds: changes go on.
      for (let step = 0; step < 5; step += 1) await world.step();
      expect(await world.auditor.audit()).toMatchObject({ result: 'agreed' });
    },
  );

  it('finds other values and additions in four audits, of which each looks at a part', async () => {
    const world = await openWorld(2);
    const { asked, loader } = world;
    const auditor = new TableAuditor({ kernel: asked, loader, alone: (step) => step() });
    const sets = [...world.table.sets.keys()].flatMap((set) => {
      const element = invented(set);
      return element === undefined ? [] : [[set, element] as const];
    });
    expect(sets.length).toBe(5);
    for (const [set, element] of sets) await world.meddle({ op: 'add-elements', set, elements: [element] });
    const [slot] = world.elements().filter(([set]) => set === 'endpoints-tcp4');
    if (slot === undefined) throw new Error('this world has no slot');
    const [set, element] = slot;
    await world.meddle({ op: 'delete-elements', set, elements: [element] });
    await world.meddle({ op: 'add-elements', set, elements: [{ ...element, value: ['203.0.113.1', 1] }] });
    const found: number[] = [];
    for (let audit = 0; audit < 4; audit += 1) found.push((await auditor.audit()).total);
    expect(found.reduce((sum, total) => sum + total, 0)).toBe(6);
    expect(await world.auditor.audit()).toMatchObject({ result: 'agreed' });
  });

  it('has the table loaded anew where a chain, a rule, a set or a map differs', async () => {
    const chain = (world: World) => [...world.table.chains.values()].find(({ rules }) => rules.length > 1)!;
    const damages: readonly ((world: World) => readonly Operation[])[] = [
      () => [{ op: 'add-chain', chain: { name: 'mine' } }],
      () => [
        { op: 'add-set', set: { name: 'mine', key: { kind: 'payload', protocol: 'ip', field: 'saddr' } as never } },
      ],
      () => [{ op: 'flush-chain', chain: 'firewall' }],
      (world) => [{ op: 'add-rule', chain: chain(world).chain.name, rule: chain(world).rules[0]! }],
      (world) => {
        const { chain: changed, rules } = chain(world);
        return [
          { op: 'flush-chain', chain: changed.name },
          ...rules.toReversed().map((rule): Operation => ({ op: 'add-rule', chain: changed.name, rule })),
        ];
      },
      () => [
        { op: 'flush-chain', chain: 'nat-output' },
        { op: 'delete-chain', chain: 'nat-output' },
      ],
    ];
    for (const damage of damages) {
      const world = await openWorld(3);
      expect(await world.auditor.audit()).toMatchObject({ result: 'agreed' });
      await world.meddle(...damage(world));
      const report = await world.auditor.audit();
      expect(report.result).toBe('damaged');
      expect(report.total).toBeGreaterThan(0);
      expect(world.asked.applied).toEqual([]);
      expect(world.loader.model).toBeUndefined();
      const { planner } = world;
      const replaced = await world.loader.replace({ settings: counting, network, plans: planner.plans.values() });
      // Connections may have begun that nobody translated.
      expect(replaced.wasInService).toBe(false);
      expect(await world.auditor.audit()).toMatchObject({ result: 'agreed' });
    }
  });

  it.each([1, 2, 3])('takes changes made between its steps for no difference (%i)', async (seed) => {
    const world = await openWorld(seed);
    world.alone = async (step) => {
      await world.step();
      return step();
    };
    for (let time = 0; time < 5; time += 1) {
      expect(await world.auditor.audit()).toMatchObject({ result: 'agreed', discrepancies: [] });
    }
  });

  it('gives up where the table is replaced meanwhile, and where there is none', async () => {
    const world = await openWorld(1);
    let steps = 0;
    world.alone = async (step) => {
      steps += 1;
      if (steps === 3) await world.load();
      return step();
    };
    expect(await world.auditor.audit()).toMatchObject({ result: 'abandoned' });
    await world.loader.remove();
    expect(await world.auditor.audit()).toMatchObject({ result: 'abandoned' });
  });
});
