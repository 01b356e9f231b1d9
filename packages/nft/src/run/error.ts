import type { StepPosition } from '../render/index.js';
import type { RefusalReason } from './reason.js';

/** Stable codes of everything that can go wrong with nft. */
export type NftErrorCode =
  | 'NFT_MISSING'
  | 'NFT_PERMISSION'
  | 'NFT_TIMEOUT'
  | 'NFT_CANCELLED'
  | 'NFT_KILLED'
  | 'NFT_REFUSED'
  | 'NFT_UNSUPPORTED'
  | 'NFT_OUTPUT';

/** What every error of running nft has in common. Whatever went wrong, a transaction took effect as a whole or not at all. */
export abstract class NftError extends Error {
  /** Tells the classes apart, also across copies of this package and in logs. */
  abstract readonly code: NftErrorCode;
}

/** There is no nft to run. */
export class NftMissingError extends NftError {
  override readonly name = 'NftMissingError';
  readonly code = 'NFT_MISSING';

  constructor(command: string, options?: ErrorOptions) {
    super(`cannot run "${command}": install nftables 1.0.6 or later, or say where nft is`, options);
  }
}

/** The kernel does not let this process change its ruleset. */
export class NftPermissionError extends NftError {
  override readonly name = 'NftPermissionError';
  readonly code = 'NFT_PERMISSION';

  constructor(detail: string) {
    super(`nft may not change the ruleset (${detail}): run as root, or with the capability CAP_NET_ADMIN`);
  }
}

/** nft took longer than it may and was killed. The transaction may have taken effect. */
export class NftTimeoutError extends NftError {
  override readonly name = 'NftTimeoutError';
  readonly code = 'NFT_TIMEOUT';
  /** How long nft was allowed to run, in milliseconds. */
  readonly timeoutMs: number;

  constructor(timeoutMs: number) {
    super(`nft did not finish within ${String(timeoutMs)} ms and was killed`);
    this.timeoutMs = timeoutMs;
  }
}

/** The caller's signal ended nft. The transaction may have taken effect. */
export class NftCancelledError extends NftError {
  override readonly name = 'NftCancelledError';
  readonly code = 'NFT_CANCELLED';

  constructor() {
    super('nft was cancelled');
  }
}

/** nft died of a signal: somebody killed it, or it crashed. The transaction may have taken effect. */
export class NftKilledError extends NftError {
  override readonly name = 'NftKilledError';
  readonly code = 'NFT_KILLED';
  /** The signal's name, e.g. `SIGKILL` where the kernel ran out of memory. */
  readonly signal: string;

  constructor(signal: string) {
    super(`nft was killed by ${signal}`);
    this.signal = signal;
  }
}

/** One complaint of nft. */
export interface Refusal {
  /** The cause, read from `message`. */
  readonly reason: RefusalReason;
  /** nft's own words, e.g. `Could not process rule: File exists`. */
  readonly message: string;
  /** Line and columns of the script, counted from 1; nft does not always say. */
  readonly position?: { readonly line: number; readonly column: number; readonly endColumn: number };
  /** The step it is about, once {@link explain} has looked it up. */
  readonly at?: StepPosition;
  /** The statement it is about, likewise. */
  readonly statement?: string;
}

/** nft or the kernel refused a transaction: nothing of it took effect. */
export class NftRefusedError extends NftError {
  override readonly name = 'NftRefusedError';
  readonly code = 'NFT_REFUSED';
  /** The reason of the first refusal; those after it are often its consequences. */
  readonly reason: RefusalReason;
  /** Everything nft complained of, in its order; at least one. */
  readonly refusals: readonly Refusal[];
  /** The service whose step was refused first, as `namespace/name`. */
  readonly owner: string | undefined;

  constructor(refusals: readonly [Refusal, ...Refusal[]]) {
    const [first] = refusals;
    super(describe(first) + (refusals.length > 1 ? ` (and ${String(refusals.length - 1)} more)` : ''));
    this.reason = first.reason;
    this.refusals = refusals;
    this.owner = first.at?.owner;
  }
}

/** This nft or this kernel is too old. */
export class NftUnsupportedError extends NftError {
  override readonly name = 'NftUnsupportedError';
  readonly code = 'NFT_UNSUPPORTED';
}

/** nft printed something that is not what it should have printed. */
export class NftOutputError extends NftError {
  override readonly name = 'NftOutputError';
  readonly code = 'NFT_OUTPUT';
}

function describe({ message, statement, position, at }: Refusal): string {
  const where = statement ?? (position ? `line ${String(position.line)}` : 'the transaction');
  const owner = at?.owner === undefined ? '' : `, made for ${JSON.stringify(at.owner.slice(0, 320))}`;
  return `nft refused ${cut(where)}${owner}: ${cut(message)}`;
}

function cut(text: string): string {
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}
