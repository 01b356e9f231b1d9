import { below } from '@nftproxier/core/testing';
import { describe, expect, it } from 'vitest';
import { joinScopes, scopeOf } from '../../src/audit/index.js';
import type { AuditScope } from '../../src/audit/index.js';
import { mostKeys } from '../../src/events/index.js';
import type { Atom, Element } from '../../src/syntax/index.js';
import { invented, openWorld } from './meddling.js';

/** A key as the kernel of a little-endian machine writes it. */
function kernelKey(set: string, key: readonly Atom[]): Uint8Array {
  const isSlot = set.includes('endpoints-') && !set.startsWith('no-');
  const parts = key.map((atom, index): readonly number[] => {
    if (typeof atom === 'number') {
      return isSlot && index === key.length - 1 ? [atom & 255, atom >> 8, 0, 0] : [atom >> 8, atom & 255, 0, 0];
    }
    const protocol = { tcp: 6, udp: 17, sctp: 132 }[atom];
    if (protocol !== undefined) return [protocol, 0, 0, 0];
    if (!atom.includes(':')) return atom.split('.').map(Number);
    const [head = [], tail = []] = atom.split('::').map((half) => half.split(':').filter((group) => group !== ''));
    const zeros = Array.from({ length: atom.includes('::') ? 8 - head.length - tail.length : 0 }, () => '0');
    return [...head, ...zeros, ...tail].flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255]);
  });
  return Uint8Array.from(parts.flat());
}

function touching(...placed: readonly (readonly [string, Element])[]): AuditScope {
  const elements = new Map<string, Uint8Array[]>();
  for (const [set, { key }] of placed) {
    // Ranges are listed, whatever their keys.
    const bytes = kernelKey(set, set.startsWith('allowed') || set.startsWith('service-c') ? [] : key);
    elements.set(set, [...(elements.get(set) ?? []), bytes]);
  }
  return { structure: false, elements };
}

describe('an audit of what somebody touched', () => {
  it.each(Array.from({ length: 30 }, (_, index) => index + 1))(
    'puts it right, whatever it is, and looks at nothing else (%i)',
    async (seed) => {
      const world = await openWorld(seed);
      const { random } = world;
      const before = world.dump();
      const all = [...world.elements()].filter(([set]) => !set.includes('/'));
      const touched: (readonly [string, Element])[] = [];
      const changes = { deleted: 0, changed: 0, added: 0 };
      for (let count = 1 + below(random, 8); count > 0 && all.length > 0; count -= 1) {
        const [[set, element] = []] = all.splice(below(random, all.length), 1);
        if (set === undefined || element === undefined) break;
        touched.push([set, element]);
        // Somebody may put an element back at once.
        const fate = Array.isArray(element.value) ? below(random, 3) : below(random, 2);
        if (fate === 0) continue;
        await world.meddle({ op: 'delete-elements', set, elements: [element] });
        if (fate === 2) {
          const address = set.endsWith('6') ? '2001:db8::1' : '203.0.113.1';
          await world.meddle({ op: 'add-elements', set, elements: [{ ...element, value: [address, 1] }] });
          changes.changed += 1;
        } else changes.deleted += 1;
      }
      for (const set of world.table.sets.keys()) {
        const element = invented(set);
        if (element === undefined || random() < 0.5) continue;
        await world.meddle({ op: 'add-elements', set, elements: [element] });
        touched.push([set, element]);
        changes.added += 1;
      }
      const { deleted, changed, added } = changes;
      const total = deleted + changed + added;
      const report = await world.auditor.audit(touching(...touched));
      expect(report).toMatchObject({ result: total === 0 ? 'agreed' : 'repaired', total });
      expect(world.dump()).toBe(before);
      expect(await world.auditor.audit(touching(...touched))).toMatchObject({ result: 'agreed', total: 0 });
      expect(await world.auditor.audit('everything')).toMatchObject({ result: 'agreed' });
    },
  );

  it('finds a rule, and leaves elements alone that nobody touched', async () => {
    const world = await openWorld(3);
    const [[set, element] = []] = world.elements().filter(([name]) => name === 'services4');
    if (set === undefined || element === undefined) throw new Error('this world has no verdict');
    const structure: AuditScope = { structure: true, elements: new Map() };
    await world.meddle({ op: 'delete-elements', set, elements: [element] });
    expect(await world.auditor.audit(structure)).toMatchObject({ result: 'agreed', elements: 0 });
    expect(await world.auditor.audit(touching())).toMatchObject({ result: 'agreed', elements: 0 });
    await world.meddle({ op: 'flush-chain', chain: 'firewall' });
    expect(await world.auditor.audit(structure)).toMatchObject({ result: 'damaged', total: 1 });
  });

  it('looks everywhere after what it does not know', async () => {
    const world = await openWorld(2);
    const [[set, element] = []] = world.elements().filter(([name]) => name === 'services4');
    if (set === undefined || element === undefined) throw new Error('this world has no verdict');
    await world.meddle({ op: 'delete-elements', set, elements: [element] });
    const elements = new Map([['of-a-service', [Uint8Array.of(1)]]]);
    expect(await world.auditor.audit({ structure: false, elements })).toMatchObject({ result: 'repaired', total: 1 });
  });

  it('has the table loaded anew where a key cannot be read', async () => {
    const world = await openWorld(2);
    const elements = new Map([['services4', [Uint8Array.of(1)]]]);
    expect(await world.auditor.audit({ structure: false, elements })).toMatchObject({ result: 'damaged' });
  });
});

describe('scopes', () => {
  const one: AuditScope = { structure: true, elements: new Map([['s', [Uint8Array.of(1)]]]) };
  const two: AuditScope = {
    structure: false,
    elements: new Map([
      ['s', [Uint8Array.of(2)]],
      ['m', [Uint8Array.of(3)]],
    ]),
  };

  it('are joined', () => {
    expect(joinScopes(undefined, one)).toBe(one);
    expect(joinScopes(one, 'everything')).toBe('everything');
    expect(joinScopes('everything', one)).toBe('everything');
    const elements = new Map([
      ['s', [Uint8Array.of(1), Uint8Array.of(2)]],
      ['m', [Uint8Array.of(3)]],
    ]);
    expect(joinScopes(one, two)).toEqual({ structure: true, elements });
  });

  it('are everything where there is too much', () => {
    const many: AuditScope = {
      structure: false,
      elements: new Map([['s', Array.from({ length: mostKeys }, () => Uint8Array.of(1))]]),
    };
    expect(joinScopes(many, two)).toBe('everything');
    const change = { isDeleted: false, isStructural: true, elements: new Map(), hasMore: true };
    expect(scopeOf(change)).toBe('everything');
    expect(scopeOf({ ...change, hasMore: false })).toEqual({ structure: true, elements: new Map() });
  });
});
