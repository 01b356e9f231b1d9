import { type Family, familyOf } from '@nftproxier/core';
import { type Configuration, parseHostPort } from '../config/index.js';
import type { NodeAddresses } from './node-addresses.js';

/** What is wrong between a configuration and the node it is to run on. */
export interface NodeCheck {
  /** Reasons not to start. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Checks that the kernel has the node's primary family, and that the servers listen on an address of it where the node
 * has only one.
 */
export const checkNode = (
  configuration: Pick<Configuration, 'healthzBindAddress' | 'metricsBindAddress'>,
  addresses: NodeAddresses,
  kernel: readonly Family[],
): NodeCheck => {
  const { primaryFamily } = addresses;
  const isDual = addresses.IPv4 !== undefined && addresses.IPv6 !== undefined;
  const isKnown = addresses.IPv4 !== undefined || addresses.IPv6 !== undefined;
  const problems = kernel.includes(primaryFamily)
    ? []
    : [
        `The primary family of this node is ${primaryFamily}, but its kernel has it switched off: switch it on, or set bindAddress to an address of the other family.`,
      ];
  const warnings = (['healthzBindAddress', 'metricsBindAddress'] as const)
    .filter((field) => {
      const host = parseHostPort(configuration[field])?.host;
      // The IPv6 wildcard takes IPv4 connections too.
      return isKnown && !isDual && host !== undefined && host !== '::' && familyOf(host) !== primaryFamily;
    })
    .map(
      (field) =>
        `${field} is not an ${primaryFamily} address, but this node has only ${primaryFamily}: nobody may reach it.`,
    );
  return { problems, warnings };
};
