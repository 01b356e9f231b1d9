import { families, type Family } from '@nftproxier/core';

/** Reads a file of /proc or /sys; throws where there is none. */
export type ReadFile = (path: string) => string;

const readable = (readFile: ReadFile, path: string): string | undefined => {
  try {
    return readFile(path);
  } catch {
    return undefined;
  }
};

/**
 * The IP families that this host's kernel speaks. IPv6 counts as off where it is compiled out or not loaded
 * (`/proc/net/if_inet6` is missing) or switched off for all interfaces (`disable_ipv6`).
 */
export const hostFamilies = (readFile: ReadFile): readonly Family[] => {
  const speaks: Readonly<Record<Family, boolean>> = {
    IPv4: readable(readFile, '/proc/net/route') !== undefined,
    IPv6:
      readable(readFile, '/proc/net/if_inet6') !== undefined &&
      readable(readFile, '/proc/sys/net/ipv6/conf/all/disable_ipv6')?.trim() !== '1',
  };
  return families.filter((family) => speaks[family]);
};
