/** The named fields of `source` that are there; Go writes what is absent as null or not at all. */
export function pick<T extends object, K extends keyof T>(
  source: T | undefined | null,
  names: readonly K[],
): { [N in K]?: Exclude<T[N], undefined> } {
  const picked: { [N in K]?: Exclude<T[N], undefined> } = {};
  if (source === undefined || source === null) return picked;
  for (const name of names) {
    const value = source[name];
    if (value !== undefined && value !== null) picked[name] = value as Exclude<T[K], undefined>;
  }
  return picked;
}

/** The named fields of each element of a list; `undefined` if it is not a list. */
export function pickEach<T extends object, K extends keyof T>(
  source: readonly T[] | undefined | null,
  names: readonly K[],
): { [N in K]?: Exclude<T[N], undefined> }[] | undefined {
  return Array.isArray(source) ? source.map((element: T) => pick(element, names)) : undefined;
}

type TextLists<T, K extends keyof T> = { [N in K]?: Exclude<T[N], undefined> };

/** The named fields of `source` that are lists. */
export function texts<T extends object, K extends keyof T>(
  source: T | undefined | null,
  names: readonly K[],
): TextLists<T, K> {
  const picked: TextLists<T, K> = {};
  if (source === undefined || source === null) return picked;
  for (const name of names) if (Array.isArray(source[name])) picked[name] = source[name] as Exclude<T[K], undefined>;
  return picked;
}
