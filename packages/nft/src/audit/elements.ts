import { keyText, valueText } from '../fake/index.js';
import { isSlotMapName } from '../ruleset/names.js';
import type { Atom, Element } from '../syntax/index.js';
import { compareTexts } from './discrepancy.js';
import type { Discrepancy } from './discrepancy.js';

/** The elements of one set or map. */
export interface ComparedElements {
  /** Its name, which tells whether it holds slots. */
  readonly name: string;
  /** Whether it is a set or a map. */
  readonly object: 'set' | 'map';
  /** What the kernel has. */
  readonly kernel: Iterable<Element>;
  /** What it should have. */
  readonly desired: Iterable<Element>;
  /** Of slots: whether those of a frontend have an order that matters, as where a hash chooses. Default: none have. */
  readonly isOrdered?: (frontend: readonly Atom[]) => boolean;
}

/**
 * Compares the elements of one set or map: keys and values, without timers and counters. Which slot of a frontend an
 * endpoint is in depends on what was there before where slots are drawn at random, so two things are compared of these:
 * that they are 0 to N-1, and that they hold the same endpoints, each as often.
 */
export function auditElements({ name, object, kernel, desired, isOrdered }: ComparedElements): readonly Discrepancy[] {
  const isAny = ({ key }: Element): boolean => isSlotMapName(name) && isOrdered?.(key.slice(0, -1)) !== true;
  const [has, wants] = [[...kernel], [...desired]];
  const exact = compareAll(
    has.filter((element) => !isAny(element)),
    wants.filter((element) => !isAny(element)),
  );
  const slots = compareSlots(has.filter(isAny), wants.filter(isAny));
  const missing = [...exact.missing, ...slots.missing];
  const unexpected = [...exact.unexpected, ...slots.unexpected];
  return [
    ...missing.map((element) => ({ kind: 'missing', object, name, element }) as const),
    ...unexpected.map((element) => ({ kind: 'unexpected', object, name, element }) as const),
  ];
}

type Compared = ReturnType<typeof compareTexts>;

function compareAll(kernel: readonly Element[], desired: readonly Element[]): Compared {
  return compareTexts(kernel.map(textOf), desired.map(textOf));
}

/** An element as differences name it. */
export function textOf({ key, value }: Element): string {
  return value === undefined ? keyText(key) : `${keyText(key)} : ${valueText(value)}`;
}

interface Frontend {
  readonly slots: string[];
  readonly endpoints: string[];
}

function compareSlots(kernel: readonly Element[], desired: readonly Element[]): Compared {
  const [has, wants] = [frontendsOf(kernel), frontendsOf(desired)];
  const none: Frontend = { slots: [], endpoints: [] };
  const all = [...new Set([...wants.keys(), ...has.keys()])].map((frontend) => {
    const [is, should] = [has.get(frontend) ?? none, wants.get(frontend) ?? none];
    const slots = compareTexts(is.slots, should.slots);
    const endpoints = compareTexts(is.endpoints, should.endpoints);
    return {
      missing: paired(frontend, slots.missing, endpoints.missing),
      unexpected: paired(frontend, slots.unexpected, endpoints.unexpected),
    };
  });
  return {
    missing: all.flatMap(({ missing }) => missing),
    unexpected: all.flatMap(({ unexpected }) => unexpected),
  };
}

function frontendsOf(elements: readonly Element[]): ReadonlyMap<string, Frontend> {
  const frontends = new Map<string, Frontend>();
  for (const { key, value } of elements) {
    const text = keyText(key.slice(0, -1));
    const frontend = frontends.get(text) ?? { slots: [], endpoints: [] };
    frontend.slots.push(String(key.at(-1)));
    frontend.endpoints.push(valueText(value));
    frontends.set(text, frontend);
  }
  return frontends;
}

/** An element that is gone takes a slot and an endpoint with it: they are told of as one. */
function paired(frontend: string, slots: readonly string[], endpoints: readonly string[]): readonly string[] {
  return Array.from(
    { length: Math.max(slots.length, endpoints.length) },
    (_, index) => `${frontend} . ${slots[index] ?? '*'} : ${endpoints[index] ?? '*'}`,
  );
}
