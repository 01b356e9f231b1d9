/** An endpoint as far as its share of the connections goes. */
export interface Weighted {
  /** A whole number from 0 to {@link mostWeight}; 0 drains the endpoint. Absent: 1. */
  readonly weight?: number;
}

/** The largest weight; larger ones count as this. */
export const mostWeight = 65_535;

/** Slots up to which proportions are exact, whatever the number of endpoints. */
const exactSlots = 128;

/** Slots per endpoint up to which proportions are exact. */
const exactSlotsPerEndpoint = 8;

/** The weights of endpoints in whole numbers. If none has any, all have the same: a service is never drained as a whole. */
export function weightsOf(endpoints: readonly Weighted[]): readonly number[] {
  const weights = endpoints.map(({ weight = 1 }) => Math.min(mostWeight, Math.max(0, Math.trunc(weight) || 0)));
  return weights.some((weight) => weight > 0) ? weights : weights.map(() => 1);
}

/**
 * How many slots each endpoint gets, so that a slot drawn at random gives it its share.
 *
 * Exact if the weights, without common factors, add up to at most 128, or 8 per endpoint. Otherwise they are scaled to
 * about that many slots: each endpoint then has its share of slots to within half a slot, but at least one.
 */
export function slotCounts(endpoints: readonly Weighted[]): readonly number[] {
  const weights = weightsOf(endpoints);
  const divisor = weights.reduce(greatestCommonDivisor, 0);
  const sum = weights.reduce((total, weight) => total + weight / divisor, 0);
  const most = Math.max(exactSlots, exactSlotsPerEndpoint * endpoints.length);
  const scale = sum <= most ? 1 : most / sum;
  return weights.map((weight) => (weight === 0 ? 0 : Math.max(1, Math.round((weight / divisor) * scale))));
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
