import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createNft } from '../../src/run/index.js';
import type { Nft, NftOptions } from '../../src/run/index.js';

/** A network namespace of a test's own, so that nothing it does reaches the machine's ruleset. */
export interface Namespace {
  readonly name: string;
  readonly nft: Nft;
  nftWith(options: NftOptions): Nft;
  /** Runs a command inside; its output. */
  exec(...command: readonly string[]): string;
  remove(): void;
}

export function makeNamespace(): Namespace {
  const name = `nft-${String(process.pid)}-${randomBytes(3).toString('hex')}`;
  execFileSync('ip', ['netns', 'add', name]);
  const exec = (...command: readonly string[]): string =>
    execFileSync('ip', ['netns', 'exec', name, ...command], { encoding: 'utf8' });
  exec('ip', 'link', 'set', 'lo', 'up');
  return {
    name,
    nft: createNft({ netns: name }),
    nftWith: (options) => createNft({ netns: name, ...options }),
    exec,
    remove: () => void execFileSync('ip', ['netns', 'del', name]),
  };
}
