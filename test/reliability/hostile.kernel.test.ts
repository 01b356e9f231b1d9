import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { renderTransaction } from '@nftproxier/nft';
import type { LoadTarget, Transaction } from '@nftproxier/nft';
import { objectKinds } from '../../packages/daemon/src/sources/source.js';
import { openPath } from './path.js';
import type { PathOptions, WholePath } from './path.js';
import { reportRow, times } from './scorecard.js';
import { injections, pathsOf, templates, textsOf, withKey, withValue } from './shapes.js';

let path: WholePath | undefined;
afterEach(async () => {
  await path?.close();
  path = undefined;
});

/** Shows every tenth script to `nft -c` first. */
function checked(target: LoadTarget, check: (script: string) => Promise<void>): LoadTarget {
  let count = 0;
  return {
    ...target,
    async apply(transaction: Transaction) {
      if (count++ % 10 === 0) await check(renderTransaction(transaction).text);
      await target.apply(transaction);
    },
  };
}

async function open(options: PathOptions = {}): Promise<WholePath> {
  const opened = await openPath({
    ...options,
    between: (target) =>
      checked(target, async (script) => {
        await opened.namespace.exec(['nft', '-c', '-f', '-'], { input: script, timeout: 120_000 });
      }),
  });
  path = opened;
  return opened;
}

/** Brings objects of all kinds through the whole path at once, each in place of what was there before. */
async function pass(through: WholePath, objects: readonly object[]): Promise<void> {
  for (const kind of objectKinds) {
    through.replace(
      kind,
      objects.filter((object) => (object as { readonly template?: unknown }).template === kind),
    );
  }
  const { applied } = await through.sync();
  expect(applied.refused).toEqual([]);
  expect(through.lost()).toEqual([]);
}

/** The kind is among what is replaced: which template an object was made from says where it goes. */
function made(object: object, from: object): object {
  return { ...object, template: (from as { readonly kind: string }).kind };
}

/** What of an object's text may be seen in a listing: parts of names that Kubernetes allows. */
function expectHarmless(listing: string): void {
  expect(listing).not.toMatch(/pwned|victim|include|comment|flush|hostname|aaaa|bbbb/);
  expect(listing).toMatch(/^[\x20-\x7e\n\t]*$/);
}

function expectPrintable(through: WholePath): void {
  const orphans = [...through.cluster.planner.orphans.values()].flat();
  for (const { message, namespace, name, field } of [...through.diagnostics, ...orphans]) {
    expect(`${message}${namespace}${name}${field}`).toMatch(/^[\x20-\x7e]*$/);
    expect(message.length).toBeLessThan(600);
    expect(`${namespace}${name}`.length).toBeLessThan(400);
  }
}

describe('row 18: injection', { timeout: 3_600_000 }, () => {
  it('through every text and every key of every kind of object does nothing', async () => {
    const through = await open();
    const others = await through.others();
    const corpus = injections
      .slice(0, times(12, injections.length))
      .concat(times(0, 1) === 0 ? injections.slice(-14) : []);
    let number = 0;
    const objects: object[] = [];
    for (const index of templates(0).keys()) {
      for (const text of corpus) {
        const places = textsOf(templates(0)[index] ?? {});
        for (const place of places) {
          const template = templates((number += 1))[index] ?? {};
          objects.push(made(withValue(template, place, text), template));
          if (number % 7 === 0) objects.push(made(withKey(template, place, text), template));
        }
      }
    }
    await pass(through, objects);
    expect(await through.others()).toBe(others);
    expectHarmless(await through.listing());
    expectPrintable(through);
    reportRow({
      row: 18,
      case: `${String(corpus.length)} texts at every place of Service, EndpointSlice, Node and ServiceCIDR`,
      n: objects.length,
      passNumber:
        'no other table is touched; nft refuses nothing; no text of an object is in the ruleset or, unescaped, in a message',
      measured: 'nothing touched, nothing refused',
    });
  });

  it('through every text of every kind of object does nothing: fails without checked text', async () => {
    const through = await open();
    const others = await through.others();
    await pass(through, []);
    for (const text of injections.filter((candidate) => candidate.length < 100)) {
      // What a proxy would write that puts an object's text between quotation marks.
      const table = `inet ${through.loader.tableName ?? ''}`;
      const input = `add chain ${table} c\nadd rule ${table} c counter comment "of ${text}"\n`;
      await through.namespace.exec(['nft', '-f', '-'], { input, allowFailure: true });
    }
    expect(await through.others()).not.toBe(others);
  });
});

/** A value of any type, often one that looks right. */
const values: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(...injections),
  fc.constantFrom<unknown>(null, undefined, 0, -1, 1.5, 65_536, 2 ** 53, Number.NaN, true, [], {}, [[]], [null], 80n),
  fc.constantFrom<unknown>(
    '10.0.0.1',
    'fd00::1',
    '10.0.0.0/8',
    'IPv4',
    'IPv6',
    'TCP',
    'SCTP',
    'Local',
    'ClientIP',
    'None',
  ),
  fc.array(fc.constantFrom<unknown>('10.0.0.1', 'fd00::1', '10.1.0.0/16', 'IPv6', 80, null, {}), { maxLength: 5 }),
  fc.anything({ maxDepth: 2, maxKeys: 3, withBigInt: true, withNullPrototype: true }),
);

interface Change {
  readonly where: number;
  readonly value: unknown;
  readonly isKey: boolean;
}

const mutations = fc.record({
  kind: fc.integer({ min: 0, max: 3 }),
  number: fc.integer({ min: 0, max: 4_000 }),
  changes: fc.array(fc.record({ where: fc.nat(), value: values, isKey: fc.boolean() }), { minLength: 1, maxLength: 4 }),
});

/** A template with some places changed into anything. */
function mutated({ kind, number, changes }: { kind: number; number: number; changes: readonly Change[] }): object {
  const template = templates(number)[kind] ?? {};
  return made(
    changes.reduce((object, { where, value, isKey }) => {
      const places = pathsOf(object);
      const place = places[where % Math.max(1, places.length)];
      if (place === undefined) return object;
      return isKey && typeof value === 'string' ? withKey(object, place, value) : withValue(object, place, value);
    }, template),
    template,
  );
}

describe('row 18: objects of any shape', { timeout: 3 * 3_600_000 }, () => {
  const perSync = 250;
  const syncs = times(6, 400);

  it('go through the whole path, beside the table of somebody else', async () => {
    const seed = Number(process.env['NFTPROXIER_SEED'] ?? 18);
    const through = await open();
    const others = await through.others();
    // Nothing is shrunk: a thousand syncs would take longer than to look at what the seed gives.
    const batches = fc.sample(fc.array(mutations, { minLength: perSync, maxLength: perSync, size: 'max' }), {
      numRuns: syncs,
      seed,
    });
    let objects = 0;
    for (const [index, batch] of batches.entries()) {
      await pass(through, batch.map(mutated)).catch((cause: unknown) => {
        throw new Error(`batch ${String(index)} of seed ${String(seed)}`, { cause });
      });
      expect(await through.others()).toBe(others);
      objects += batch.length;
    }
    expectPrintable(through);
    expectHarmless(await through.listing());
    reportRow({
      row: 18,
      case: 'objects with up to 4 places changed into values of any type, in the kernel',
      n: objects,
      passNumber: 'nothing throws, nft refuses nothing, no other table is touched',
      measured: '0 refused, nothing touched',
      seed,
    });
  });
});
