import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, release } from 'node:os';
import { checkKernel, checkNft, checkPermission, formatVersion } from '@nftproxier/nft';
import type { Nft } from '@nftproxier/nft';
import type { Logger } from 'pino';
import type { Configuration } from '../config/index.js';
import { applyKernelSettings, conntrackSettings, cpuCount, oomSetting } from '../host/index.js';

const readFile = (path: string): string => readFileSync(path, 'utf8');

/**
 * Checks that kernel and nft can do what is needed, and that this process may.
 *
 * @returns nft's version.
 * @throws {@link NftError} with what is missing and what to do.
 */
export async function checkHost(nft: Nft, configuration: Configuration): Promise<string> {
  if (!configuration.nftproxier.skipKernelVersionCheck) checkKernel(release());
  const version = await checkNft(nft);
  await checkPermission(nft);
  return formatVersion(version);
}

/**
 * Makes the settings of connection tracking and of this process that the configuration asks for.
 *
 * @throws {@link KernelSettingError} for one that kube-proxy would not start without.
 */
export function applyHostSettings(configuration: Configuration, log: Logger): void {
  const settings = [
    ...conntrackSettings(configuration.conntrack, cpuCount(readFile, availableParallelism())),
    oomSetting(configuration.oomScoreAdj),
  ];
  const { changed, errors } = applyKernelSettings(settings, { readFile, writeFile: writeFileSync });
  for (const { path, value, field } of changed) log.info({ path, value, field }, 'kernel setting changed');
  for (const error of errors) if (!error.fatal) log.warn({ code: error.code }, error.message);
  const fatal = errors.find((error) => error.fatal);
  if (fatal !== undefined) throw fatal;
}
