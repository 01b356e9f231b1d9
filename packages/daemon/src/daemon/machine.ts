import { readFileSync } from 'node:fs';
import { hostname, release } from 'node:os';
import type { Family } from '@nftproxier/core';
import { createNft } from '@nftproxier/nft';
import type { Nft } from '@nftproxier/nft';
import type { Logger } from 'pino';
import type { Configuration } from '../config/index.js';
import { hostFamilies, nodeName } from '../host/index.js';
import { applyHostSettings, checkHost } from './host-checks.js';

/** The machine the daemon runs on, checked and set up. */
export interface Machine {
  readonly nodeName: string;
  /** Families that its kernel has. */
  readonly families: readonly Family[];
  readonly nft: Nft;
}

/**
 * Checks the machine and makes the settings it needs.
 *
 * @throws {@link NodeNameError}, {@link NftError} or an error about kernel settings, each saying what to do.
 */
export async function prepareMachine(configuration: Configuration, version: string, log: Logger): Promise<Machine> {
  const name = nodeName(configuration.hostnameOverride, hostname());
  const families = hostFamilies((path) => readFileSync(path, 'utf8'));
  const nft = createNft();
  const nftVersion = await checkHost(nft, configuration);
  applyHostSettings(configuration, log);
  log.info({ version, node: name, families, nft: nftVersion, kernel: release() }, 'starting');
  return { nodeName: name, families, nft };
}
