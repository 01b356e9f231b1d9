/** A length of time in milliseconds, fractions allowed. The unit of every duration in a `Configuration`. */
export type Milliseconds = number;

/** Nanoseconds in each unit that a Kubernetes duration may name. */
const units: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3_600e9,
};

/** Kubernetes stores durations as 64-bit nanoseconds: about 292 years. */
const longest: Milliseconds = 2 ** 63 / 1e6;

const part = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gu;
const whole = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/u;

/**
 * Reads a duration as Kubernetes writes it (`metav1.Duration`): decimal numbers, each with a unit, such as `1m0s`,
 * `250ms` or `-1.5h`; a bare `0` needs no unit. Returns undefined for anything else.
 */
export const parseDuration = (text: string): Milliseconds | undefined => {
  if (/^[+-]?0$/u.test(text)) return 0;
  if (!whole.test(text)) return undefined;
  let nanoseconds = 0;
  // Whole ones, as Kubernetes has them: 32.114 s would not be 32,114 ms otherwise.
  for (const [, amount, unit] of text.matchAll(part)) {
    nanoseconds += Math.round(Number(amount) * (units[unit ?? ''] ?? Number.NaN));
  }
  const sum = nanoseconds / 1e6;
  if (!(sum < longest)) return undefined;
  return text.startsWith('-') ? -sum : sum;
};

/** Writes a duration as Kubernetes does: `1m0s`, `24h0m0s`, `250ms`, `1.5s`, `0s`. */
export const formatDuration = (duration: Milliseconds): string => {
  const nanoseconds = Math.round(Math.abs(duration) * 1e6);
  if (nanoseconds === 0) return '0s';
  const sign = duration < 0 ? '-' : '';
  if (nanoseconds < 1e3) return `${sign}${String(nanoseconds)}ns`;
  if (nanoseconds < 1e6) return `${sign}${String(nanoseconds / 1e3)}µs`;
  if (nanoseconds < 1e9) return `${sign}${String(nanoseconds / 1e6)}ms`;
  const wholeSeconds = Math.floor(nanoseconds / 1e9);
  const fraction = String(nanoseconds % 1e9)
    .padStart(9, '0')
    .replace(/0+$/u, '');
  const hours = Math.floor(wholeSeconds / 3600);
  const minutes = Math.floor((wholeSeconds % 3600) / 60);
  const seconds = `${String(wholeSeconds % 60)}${fraction === '' ? '' : `.${fraction}`}s`;
  if (hours > 0) return `${sign}${String(hours)}h${String(minutes)}m${seconds}`;
  if (minutes > 0) return `${sign}${String(minutes)}m${seconds}`;
  return `${sign}${seconds}`;
};
