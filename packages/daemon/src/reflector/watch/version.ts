const decimal = /^(?:0|[1-9][0-9]*)$/;

/**
 * Orders two resource versions of one resource: negative when `a` is older. `undefined` when they cannot be compared,
 * which only servers other than Kubernetes' own bring about: its versions are decimal numbers of any size, and clients
 * may compare them (stable since Kubernetes 1.35, true of every earlier version).
 */
export function compareResourceVersions(a: string, b: string): number | undefined {
  if (a === b) return 0;
  if (!decimal.test(a) || !decimal.test(b)) return undefined;
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : 1;
}

/** Whether `version` is known to be at or before `limit`. */
export function notNewer(version: string, limit: string): boolean {
  const order = compareResourceVersions(version, limit);
  return order !== undefined && order <= 0;
}

/** The later of two versions; `b` when they cannot be compared. */
export function later(a: string, b: string): string {
  const order = compareResourceVersions(a, b);
  return order !== undefined && order > 0 ? a : b;
}
