import { readFileSync } from 'node:fs';
import { hostname, release } from 'node:os';
import type { Family } from '@nftproxier/core';
import { checkPermission, createNft } from '@nftproxier/nft';
import type { Nft, OwnProcesses } from '@nftproxier/nft';
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
  /** Whether nft and the kernel work: one process that changes nothing, and is not waited for long. */
  readonly probe: () => Promise<void>;
  readonly nftVersion: string;
  readonly kernel: string;
}

/** Milliseconds that a process of nft may take; portions of a load take a hundredth of it. */
const nftTimeout = 25_000;
/** Milliseconds that a probe may take, which takes a thousandth of it: so that what was repaired is soon noticed. */
const probeTimeout = 3_000;

/**
 * Checks the machine and makes the settings it needs: all that needs privileges beyond NET_ADMIN, and all there is to do
 * for `--init-only`.
 *
 * @param own told of every nft that is started.
 * @throws {@link NodeNameError} or {@link HostError}, which say what to do.
 */
export async function prepareMachine(configuration: Configuration, log: Logger, own?: OwnProcesses): Promise<Machine> {
  const name = nodeName(configuration.hostnameOverride, hostname());
  const families = hostFamilies((path) => readFileSync(path, 'utf8'));
  const nft = createNft({ timeoutMs: nftTimeout, ...(own && { own }) });
  const hasty = createNft({ timeoutMs: probeTimeout });
  const nftVersion = await prepareHost(nft, configuration, log);
  return { nodeName: name, families, nft, probe: () => checkPermission(hasty), nftVersion, kernel: release() };
}
