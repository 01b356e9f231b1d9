import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, release } from 'node:os';
import { checkKernel, checkNft, checkPermission, formatVersion } from '@nftproxier/nft';
import type { Nft } from '@nftproxier/nft';
import type { Logger } from 'pino';
import type { Configuration } from '../config/index.js';
import { applyKernelSettings, conntrackSettings, cpuCount, oomSetting } from '../host/index.js';

/** This machine cannot run the daemon as it is. Carries everything that was found, not only the first. */
class HostError extends Error {
  override readonly name = 'HostError';
  readonly code = 'HOST_UNUSABLE';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const count = problems.length === 1 ? 'a problem' : `${String(problems.length)} problems`;
    super(`this machine has ${count}: ${problems.join(' ')}`);
    this.problems = problems;
  }
}

const readFile = (path: string): string => readFileSync(path, 'utf8');

/**
 * Checks that kernel and nft can do what is needed and that this process may, and makes the settings of the kernel that
 * the configuration asks for. The check of nft comes first: it has the kernel load connection tracking, without which
 * the settings are not there.
 *
 * @returns nft's version.
 * @throws {@link HostError} with everything that is missing and what to do.
 */
export async function prepareHost(nft: Nft, configuration: Configuration, log: Logger): Promise<string> {
  const problems: string[] = [];
  const attempt = async <T>(check: () => Promise<T> | T): Promise<T | undefined> => {
    try {
      return await check();
    } catch (error) {
      problems.push(sentence(error));
      return undefined;
    }
  };
  if (!configuration.nftproxier.skipKernelVersionCheck) await attempt(() => checkKernel(release()));
  const version = await attempt(() => checkNft(nft));
  // Without nft its second use would only be the same problem again.
  if (version !== undefined) await attempt(() => checkPermission(nft));
  problems.push(...tryHostSettings(configuration, log));
  if (version === undefined || problems.length > 0) throw new HostError(problems);
  return formatVersion(version);
}

/**
 * Makes the settings of connection tracking and of this process that the configuration asks for, as far as they can be
 * made.
 *
 * @returns what kube-proxy would not start without. What can be done without is logged.
 */
export function tryHostSettings(configuration: Configuration, log: Logger): readonly string[] {
  const settings = [
    ...conntrackSettings(configuration.conntrack, cpuCount(readFile, availableParallelism())),
    oomSetting(configuration.oomScoreAdj),
  ];
  const { changed, errors } = applyKernelSettings(settings, { readFile, writeFile: writeFileSync });
  for (const { path, value, field } of changed) log.info({ path, value, field }, 'kernel setting changed');
  for (const { code, fatal, message } of errors) if (!fatal) log.warn({ code }, message);
  return errors.filter(({ fatal }) => fatal).map(sentence);
}

function sentence(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return /[.!?]$/u.test(text) ? text : `${text}.`;
}
