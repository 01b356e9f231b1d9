/** Milliseconds, in words of the size that reads best. @param {number | undefined} value */
export function ms(value) {
  if (value === undefined || !Number.isFinite(value)) return '';
  if (value >= 10_000) return `${(value / 1_000).toFixed(1)} s`;
  if (value >= 1_000) return `${(value / 1_000).toFixed(2)} s`;
  return value >= 100 ? `${value.toFixed(0)} ms` : `${value.toFixed(1)} ms`;
}

/** @param {number | undefined} value */
export function mb(value) {
  return value === undefined || !Number.isFinite(value) ? '' : `${value.toFixed(0)} MB`;
}

/** @param {number | undefined} value */
export function times(value) {
  if (value === undefined || !Number.isFinite(value)) return '';
  return `${value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2)} ×`;
}

/** @param {number | undefined} value */
export function count(value) {
  return value === undefined || !Number.isFinite(value) ? '' : value.toLocaleString('en', { maximumFractionDigits: 1 });
}
