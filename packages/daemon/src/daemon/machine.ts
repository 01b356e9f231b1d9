import { readFileSync } from 'node:fs';
import { hostname, release } from 'node:os';
import type { Family } from '@nftproxier/core';
import { createNft } from '@nftproxier/nft';
import type { Nft } from '@nftproxier/nft';
import type { Logger } from 'pino';
import type { Configuration } from '../config/index.js';
import { hostFamilies, nodeName } from '../host/index.js';
import { prepareHost } from './host-checks.js';

/** The machine the daemon runs on, checked and set up. */
export interface Machine {
  readonly nodeName: string;
  /** Families that its kernel has. */
  readonly families: readonly Family[];
  readonly nft: Nft;
  readonly nftVersion: string;
  readonly kernel: string;
}

/**
 * Checks the machine and makes the settings it needs: all that needs privileges beyond NET_ADMIN, and all there is to do
 * for `--init-only`.
 *
 * @throws {@link NodeNameError} or {@link HostError}, which say what to do.
 */
export async function prepareMachine(configuration: Configuration, log: Logger): Promise<Machine> {
  const name = nodeName(configuration.hostnameOverride, hostname());
  const families = hostFamilies((path) => readFileSync(path, 'utf8'));
  const nft = createNft();
  const nftVersion = await prepareHost(nft, configuration, log);
  return { nodeName: name, families, nft, nftVersion, kernel: release() };
}
