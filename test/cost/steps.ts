/**
 * Counts what code looks at: every lookup in a Map or Set, every step through a Map, Set or Array by an iterator, and
 * every element that a method of arrays goes through. Whatever is proportional to the size of the cluster shows in it,
 * wherever it is, except where an index runs through an array.
 *
 * Everything that runs meanwhile counts, so nothing else may: no timer, input or output.
 */
export async function countSteps(work: () => Promise<void>): Promise<number> {
  let steps = 0;
  let counting = false;
  const undo: (() => void)[] = [];
  const patch = (owner: object, name: PropertyKey, cost: (self: { readonly length?: number }) => number): void => {
    const before = Object.getOwnPropertyDescriptor(owner, name);
    const method = before?.value as (...args: unknown[]) => unknown;
    Object.defineProperty(owner, name, {
      ...before,
      value(this: { readonly length?: number }, ...args: unknown[]): unknown {
        if (counting) steps += cost(this);
        return method.apply(this, args);
      },
    });
    undo.push(() => {
      if (before !== undefined) Object.defineProperty(owner, name, before);
    });
  };
  const one = (): number => 1;
  for (const name of ['get', 'set', 'has', 'delete']) patch(Map.prototype, name, one);
  for (const name of ['add', 'has', 'delete']) patch(Set.prototype, name, one);
  for (const iterable of [new Map(), new Set(), []]) {
    patch(Object.getPrototypeOf(iterable[Symbol.iterator]()) as object, 'next', one);
  }
  const size = ({ size: entries }: { readonly size?: number }): number => entries ?? 0;
  patch(Map.prototype, 'forEach', (self) => size(self as Map<unknown, unknown>));
  patch(Set.prototype, 'forEach', (self) => size(self as Set<unknown>));
  for (const name of arrayMethods) patch(Array.prototype, name, ({ length }) => length ?? 0);
  try {
    counting = true;
    await work();
  } finally {
    counting = false;
    for (const restore of undo.reverse()) restore();
  }
  return steps;
}

const arrayMethods = [
  ...[
    'concat',
    'every',
    'filter',
    'find',
    'findIndex',
    'findLast',
    'flat',
    'flatMap',
    'forEach',
    'includes',
    'indexOf',
  ],
  ...['join', 'map', 'reduce', 'reduceRight', 'reverse', 'slice', 'some', 'sort', 'splice', 'toSorted'],
] as const;
