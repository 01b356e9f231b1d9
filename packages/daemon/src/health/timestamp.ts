/** The zero time of Kubernetes, for a moment that has not been. */
const never = '0001-01-01T00:00:00Z';

/** A moment in RFC 3339 with as many decimals as it needs, in UTC. */
export const timestamp = (milliseconds: number | undefined): string =>
  milliseconds === undefined ? never : new Date(milliseconds).toISOString().replace(/\.?0*Z$/u, 'Z');
