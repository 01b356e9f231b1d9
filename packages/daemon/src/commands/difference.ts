import type { ServicePlan } from '@nftproxier/core';
import type { Transaction } from '@nftproxier/nft';
import { FakeNft } from '@nftproxier/nft/testing';
import type { Paint } from './paint.js';

/** One set, map or chain that is not the same in two tables. */
export interface ObjectDifference {
  /** As nft declares it. */
  readonly object: string;
  /** Lines that only the first table has. */
  readonly removed: readonly string[];
  /** Lines that only the second table has. */
  readonly added: readonly string[];
}

/** What is not the same in two desired states of a node. */
export interface Difference {
  readonly services: readonly { readonly service: string; readonly change: 'added' | 'removed' | 'changed' }[];
  readonly objects: readonly ObjectDifference[];
}

/** A desired state, as far as it is compared. */
export interface Compared {
  readonly transaction: Transaction;
  readonly plans: ReadonlyMap<string, ServicePlan>;
}

/** Compares two desired states by what they hold: the order of elements does not matter. */
export async function differenceOf(before: Compared, after: Compared): Promise<Difference> {
  const [old, now] = await Promise.all([contentsOf(before.transaction), contentsOf(after.transaction)]);
  const objects = [...new Set([...old.keys(), ...now.keys()])].flatMap((object) => {
    const [was, is] = [old.get(object) ?? [], now.get(object) ?? []];
    const [wasThere, isThere] = [new Set(was), new Set(is)];
    const removed = was.filter((line) => !isThere.has(line));
    const added = is.filter((line) => !wasThere.has(line));
    const isNew = !old.has(object) || !now.has(object);
    return removed.length + added.length > 0 || isNew ? [{ object, removed, added }] : [];
  });
  return { services: servicesOf(before.plans, after.plans), objects };
}

/** A difference for people; empty where there is none. */
export function differenceText({ services, objects }: Difference, { good, bad, strong }: Paint): string {
  const lines = [
    ...services.map(({ service, change }) => strong(`Service ${service} ${change}`)),
    ...objects.flatMap(({ object, removed, added }) => [
      object,
      ...removed.map((line) => bad(`- ${line}`)),
      ...added.map((line) => good(`+ ${line}`)),
    ]),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function servicesOf(before: Compared['plans'], after: Compared['plans']): Difference['services'] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.flatMap((service): Difference['services'] => {
    const [was, is] = [before.get(service), after.get(service)];
    if (was === undefined) return [{ service, change: 'added' }];
    if (is === undefined) return [{ service, change: 'removed' }];
    return JSON.stringify(was) === JSON.stringify(is) ? [] : [{ service, change: 'changed' }];
  });
}

/** The lines of each set, map and chain of a table. */
async function contentsOf(transaction: Transaction): Promise<ReadonlyMap<string, readonly string[]>> {
  const fake = new FakeNft();
  await fake.apply(transaction);
  const contents = new Map<string, string[]>();
  let object = '';
  for (const line of fake.dump(transaction.table).split('\n').slice(1, -2)) {
    if (line.startsWith('\t\t')) contents.get(object)?.push(line.trim());
    else contents.set((object = line.trim()), []);
  }
  return contents;
}
