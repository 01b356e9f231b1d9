import type { ServiceKey } from '@nftproxier/core';
import { shardOperations } from '../ruleset/counting.js';
import { networkOperations } from '../ruleset/network.js';
import type { PlacedElement } from '../ruleset/parts.js';
import type { TableModel } from '../table/model.js';
import type { Element, SetDeclaration } from '../syntax/index.js';

/** Elements of some Services, by set. */
export type Portion = ReadonlyMap<string, readonly Element[]>;

/**
 * All elements that Services have in a table, in portions of about `size`, each as the model has it when it is asked for:
 * the model may change in between.
 */
export function* portionsOf(model: TableModel, size: number): Generator<Portion> {
  const services = model.services();
  for (let isOver = false; !isOver;) {
    const sets = new Map<string, Map<string, Element>>();
    let count = 0;
    while (count < size) {
      const next = services.next();
      isOver = next.done === true;
      if (next.done === true) break;
      for (const { set, element } of placedElements(model, next.value)) {
        const of = sets.get(set) ?? new Map<string, Element>();
        sets.set(set, of);
        // Several Services may need the same one.
        const key = element.key.join(' ');
        if (of.has(key)) continue;
        of.set(key, element);
        count += 1;
      }
    }
    if (count > 0) yield new Map([...sets].map(([set, of]) => [set, [...of.values()]]));
  }
}

/** The elements that a Service has in the table, with those it shares with others. */
function* placedElements(model: TableModel, service: ServiceKey): Generator<PlacedElement> {
  for (const { elements, shared, ranges } of model.contributionsOf(service)) {
    yield* elements;
    yield* shared;
    for (const { map, prefix, slots } of ranges) {
      for (const [slot, { address, port }] of slots.entries()) {
        yield { set: map, element: { key: [...prefix, slot], value: [address, port] } };
      }
    }
  }
}

/** The elements that Services have in some sets, a Service at each step. */
export function* servedIn(model: TableModel, sets: { has(set: string): boolean }): Generator<readonly PlacedElement[]> {
  for (const service of model.services()) {
    yield [...placedElements(model, service)].filter(({ set }) => sets.has(set));
  }
}

/** The elements of sets that no Service has a part in. */
export function fixedElements(model: TableModel): ReadonlyMap<string, readonly Element[]> {
  const nothing = { nodePortAddresses: [], serviceCIDRs: [] };
  const operations = [...networkOperations(nothing, model.network, model.settings), ...shardOperations(model.settings)];
  return new Map(operations.flatMap((one) => (one.op === 'add-elements' ? [[one.set, one.elements]] : [])));
}

/** Whether the kernel can be asked for single elements: a deletion in a set of ranges has nft read the whole table. */
export function canBeAsked({ flags }: SetDeclaration): boolean {
  return flags?.includes('interval') !== true && flags?.includes('dynamic') !== true;
}
