import type { Conntrack } from './conntrack.js';
import { ConntrackUnsupportedError } from './conntrack-error.js';
import type { ListOptions } from './nft.js';
import { compareVersions, formatVersion, parseVersion } from './version.js';
import type { Version } from './version.js';

/** The oldest conntrack supported: the first that takes commands from a file (`--load-file`). */
export const oldestConntrack: Version = { major: 1, minor: 4, patch: 7 };

/**
 * Checks that conntrack is there and new enough.
 *
 * @returns its version.
 * @throws {@link ConntrackUnsupportedError} if it is older than {@link oldestConntrack} or does not say, and as
 * {@link Conntrack.version}.
 */
export async function checkConntrack(conntrack: Conntrack, options?: ListOptions): Promise<Version> {
  const text = await conntrack.version(options);
  const version = parseVersion(text);
  if (version !== undefined && compareVersions(version, oldestConntrack) >= 0) return version;
  throw new ConntrackUnsupportedError(
    version === undefined ? JSON.stringify(text.slice(0, 80)) : formatVersion(version),
  );
}
