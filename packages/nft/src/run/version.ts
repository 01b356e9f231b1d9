import { NftUnsupportedError } from './error.js';
import type { Lookups } from '../ruleset/settings.js';
import type { ListOptions, Nft } from './nft.js';

/** A version number, as far as it is compared. */
export interface Version {
  /** The first number. */
  readonly major: number;
  /** The second number. */
  readonly minor: number;
  /** The third number; 0 where there is none, as in Linux `6.1`. */
  readonly patch: number;
}

/** The oldest nft supported: 0.9.8 refuses `numgen` in a key, and crashes when it lists rulesets like ours. */
export const oldestNft: Version = { major: 1, minor: 0, patch: 6 };

/** The oldest kernel supported: 5.13 is the first to have all that the ruleset uses, and kube-proxy asks for it too. */
export const oldestKernel: Version = { major: 5, minor: 13, patch: 0 };

const number = /(?:^|[^\d.])(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?/;

/**
 * The first version number in a text: in `nftables v1.0.6 (Lester Gooch #5)`, or in a kernel release such as
 * `6.1.0-28-amd64`.
 */
export function parseVersion(text: string): Version | undefined {
  const found = number.exec(text.slice(0, 1024));
  if (!found) return undefined;
  return { major: Number(found[1]), minor: Number(found[2]), patch: Number(found[3] ?? 0) };
}

/** Negative, zero or positive, as `a` is older than, as old as or newer than `b`. */
export function compareVersions(a: Version, b: Version): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch;
}

/** A version as it is written. */
export function formatVersion({ major, minor, patch }: Version): string {
  return [major, minor, patch].join('.');
}

/**
 * Checks that nft is there and new enough.
 *
 * @returns its version.
 * @throws {@link NftUnsupportedError} if it is older than {@link oldestNft} or does not say, and as {@link Nft.version}.
 */
export async function checkNft(nft: Nft, options?: ListOptions): Promise<Version> {
  const text = await nft.version(options);
  return checkVersion('nft', text, parseVersion(text), oldestNft);
}

/**
 * Checks a kernel release (`uname -r`, {@link os.release}).
 *
 * @returns its version.
 * @throws {@link NftUnsupportedError} if it is older than {@link oldestKernel} or not a release.
 */
export function checkKernel(release: string): Version {
  return checkVersion('Linux', release, parseVersion(release), oldestKernel);
}

/** The oldest kernels of their series whose lookups do not miss an element that is being replaced. */
const reliableLookups: readonly Version[] = [
  { major: 6, minor: 12, patch: 48 },
  { major: 6, minor: 16, patch: 8 },
];
/** From here on all have it. */
const allReliable: Version = { major: 6, minor: 17, patch: 0 };

/**
 * How often a kernel has to look up an element that may be being replaced: see {@link TableSettings.lookups}. Kernels of
 * distributions that have the fixes under an older number are asked twice, which is always right.
 *
 * @param release `uname -r`, {@link os.release}.
 */
export function lookupsOn(release: string): Lookups {
  const version = parseVersion(release);
  if (version === undefined) return 'twice';
  const { major, minor, patch } = version;
  const isFixed = reliableLookups.some(
    (first) => first.major === major && first.minor === minor && patch >= first.patch,
  );
  return isFixed || compareVersions(version, allReliable) >= 0 ? 'once' : 'twice';
}

/**
 * Checks that this process may change the ruleset, without changing it. The rule that is tried looks at connection
 * tracking, so that a kernel which has it as a module loads it now: before that its settings in /proc do not exist.
 *
 * @throws {@link NftPermissionError} if it may not, and as {@link Nft.run}.
 */
export async function checkPermission(nft: Nft, options?: ListOptions): Promise<void> {
  const table = 'inet nftproxier-permission';
  const script = [`add table ${table}`, `add chain ${table} c`, `add rule ${table} c ct state new accept`, ''];
  await nft.run(script.join('\n'), { ...options, check: true });
}

function checkVersion(name: string, text: string, version: Version | undefined, oldest: Version): Version {
  if (version === undefined) {
    throw new NftUnsupportedError(`cannot read a version of ${name} from ${JSON.stringify(text.slice(0, 80))}`);
  }
  if (compareVersions(version, oldest) >= 0) return version;
  throw new NftUnsupportedError(
    `${name} ${formatVersion(version)} is too old: ${name} ${formatVersion(oldest)} or later is needed`,
  );
}
