import type { NetworkInterfaceInfo } from 'node:os';
import { type Address, parseAddress } from '@nftproxier/core';

/**
 * The addresses in the output of `ip -o address show`, sorted, each once. Addresses that are still being checked for
 * duplicates (`tentative`) count already: packets for them are local to the kernel.
 */
export const parseIpAddresses = (output: string): readonly Address[] =>
  unique(output.split('\n').map((line) => /\sinet6? ([0-9a-fA-F:.]+)/u.exec(line)?.[1]));

/** The addresses of `os.networkInterfaces()`, sorted, each once. Interfaces that are down are missing there. */
export const interfaceAddresses = (
  interfaces: Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>,
): readonly Address[] =>
  unique(Object.values(interfaces).flatMap((infos) => infos?.map(({ address }) => address) ?? []));

const unique = (texts: readonly (string | undefined)[]): readonly Address[] =>
  [...new Set(texts.flatMap((text) => parseAddress(text) ?? []))].toSorted();
