import { Loader, createLoadTarget, createNft } from '@nftproxier/nft';
import type { Nft } from '@nftproxier/nft';
import { takeLock } from '../guard/lock.js';
import { hostPrograms, removeLeftovers } from '../takeover/index.js';
import { exitCodes } from './output.js';
import type { ExitCode, Output } from './output.js';

/** Options of `nftproxier cleanup`. */
export interface CleanupOptions {
  /** Remove what kube-proxy left, too. */
  readonly kubeProxy?: boolean;
}

/** `nftproxier cleanup`: leaves nothing of nftproxier in the kernel, and on demand nothing of kube-proxy. */
export async function cleanup({ kubeProxy = false }: CleanupOptions, output: Output): Promise<ExitCode> {
  const nft = createNft();
  const say = (line: string): void => {
    output.out(`${line}\n`);
  };
  try {
    await removeOwnTables(nft);
    say('removed all tables of nftproxier');
    const isComplete = !kubeProxy || (await removeKubeProxys(nft, output));
    return isComplete ? exitCodes.ok : exitCodes.failed;
  } catch (error) {
    output.err(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  }
  return exitCodes.failed;
}

/**
 * Deletes every table of ours, also those that hold no rules of Services.
 *
 * @throws {@link AlreadyRunningError} beside a daemon, which would put everything back at once.
 */
export async function removeOwnTables(nft: Nft): Promise<void> {
  const lock = await takeLock();
  try {
    await new Loader(createLoadTarget(nft)).remove();
  } finally {
    await lock.release();
  }
}

async function removeKubeProxys(nft: Nft, output: Output): Promise<boolean> {
  const { removed, kept, errors, isComplete } = await removeLeftovers({ nft, programs: hostPrograms(), force: true });
  for (const what of removed) output.out(`removed ${what}\n`);
  for (const what of kept) output.out(`left alone: ${what}\n`);
  for (const { message } of errors) output.err(`error: ${message}\n`);
  if (removed.length + kept.length + errors.length === 0) output.out('nothing of kube-proxy was there\n');
  return isComplete;
}
