import { parseDuration } from './duration.js';

/** A configuration before it is checked: what a YAML file or a list of flags says, in the form of the file. */
export type Raw = Readonly<Record<string, unknown>>;

/** Whether a value is a mapping. */
export const isRaw = (value: unknown): value is Raw =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value at a path, or undefined. */
export const valueAt = (raw: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    raw,
  );

/** A copy with the value at a path set, making the mappings on the way. What is in the way and no mapping stays as it is. */
export const withValue = (raw: Raw, [key, ...rest]: readonly string[], value: unknown): Raw => {
  if (key === undefined) return raw;
  if (rest.length === 0) return { ...raw, [key]: value };
  const below = raw[key] ?? {};
  return isRaw(below) ? { ...raw, [key]: withValue(below, rest, value) } : raw;
};

/** A copy without the value at a path. */
export const withoutValue = (raw: Raw, [key, ...rest]: readonly PropertyKey[]): Raw => {
  if (key === undefined || !Object.hasOwn(raw, key)) return raw;
  const below = raw[key as string];
  if (rest.length > 0) return isRaw(below) ? { ...raw, [key]: withoutValue(below, rest) } : raw;
  return Object.fromEntries(Object.entries(raw).filter(([name]) => name !== key));
};

/** A copy without nulls at any depth: in a Kubernetes configuration null means "not set". */
export const withoutNulls = (raw: Raw): Raw =>
  Object.fromEntries(
    Object.entries(raw)
      .filter(([, value]) => value !== null)
      .map(([key, value]) => [key, isRaw(value) ? withoutNulls(value) : value]),
  );

/** Whether a value is the zero value of its type, as Kubernetes writes what is not set: `""`, 0, `0s`, false, [] or {}. */
export const isZero = (value: unknown): boolean => {
  if (value === undefined || value === '' || value === 0 || value === false) return true;
  if (typeof value === 'string') return parseDuration(value) === 0;
  if (Array.isArray(value)) return value.length === 0;
  return isRaw(value) && Object.values(value).every((inner) => isZero(inner) || inner === '0');
};
