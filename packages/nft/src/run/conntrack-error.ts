/** Stable codes of everything that can go wrong with conntrack. */
export type ConntrackErrorCode =
  | 'CONNTRACK_MISSING'
  | 'CONNTRACK_UNSUPPORTED'
  | 'CONNTRACK_PERMISSION'
  | 'CONNTRACK_TIMEOUT'
  | 'CONNTRACK_CANCELLED'
  | 'CONNTRACK_KILLED'
  | 'CONNTRACK_NO_FILE'
  | 'CONNTRACK_VANISHED'
  | 'CONNTRACK_FAILED';

/** What every error of running conntrack has in common. What was deleted before it stays deleted. */
export abstract class ConntrackError extends Error {
  /** Stable: programs may compare it. */
  abstract readonly code: ConntrackErrorCode;
}

const without = 'until then UDP and SCTP flows to endpoints that are gone last until they time out';

/** There is no conntrack to run. */
export class ConntrackMissingError extends ConntrackError {
  override readonly name = 'ConntrackMissingError';
  readonly code = 'CONNTRACK_MISSING';

  constructor(command: string, options?: ErrorOptions) {
    super(
      `cannot run "${command}": install conntrack (conntrack-tools) 1.4.7 or later, or say where it is; ${without}`,
      options,
    );
  }
}

/** This conntrack is too old: `--load-file` came with 1.4.7. */
export class ConntrackUnsupportedError extends ConntrackError {
  override readonly name = 'ConntrackUnsupportedError';
  readonly code = 'CONNTRACK_UNSUPPORTED';

  constructor(detail: string) {
    super(`conntrack is too old (${detail}): conntrack (conntrack-tools) 1.4.7 or later is needed; ${without}`);
  }
}

/** The kernel does not let this process read or change its flows. */
export class ConntrackPermissionError extends ConntrackError {
  override readonly name = 'ConntrackPermissionError';
  readonly code = 'CONNTRACK_PERMISSION';

  constructor(detail: string) {
    super(`conntrack may not change flows (${detail}): run as root, or with the capability CAP_NET_ADMIN`);
  }
}

/** conntrack took longer than it may and was killed. */
export class ConntrackTimeoutError extends ConntrackError {
  override readonly name = 'ConntrackTimeoutError';
  readonly code = 'CONNTRACK_TIMEOUT';
  /** Milliseconds it was given. */
  readonly timeoutMs: number;

  constructor(timeoutMs: number) {
    super(`conntrack did not finish within ${String(timeoutMs)} ms and was killed`);
    this.timeoutMs = timeoutMs;
  }
}

/** The caller's signal ended conntrack. */
export class ConntrackCancelledError extends ConntrackError {
  override readonly name = 'ConntrackCancelledError';
  readonly code = 'CONNTRACK_CANCELLED';

  constructor() {
    super('conntrack was cancelled');
  }
}

/** conntrack died of a signal: somebody killed it, or it crashed. */
export class ConntrackKilledError extends ConntrackError {
  override readonly name = 'ConntrackKilledError';
  readonly code = 'CONNTRACK_KILLED';
  /** The signal's name, e.g. `SIGSEGV`. */
  readonly signal: string;

  constructor(signal: string) {
    super(`conntrack was killed by ${signal}`);
    this.signal = signal;
  }
}

/** Nowhere can a file be made that conntrack could read its commands from. */
export class ConntrackNoFileError extends ConntrackError {
  override readonly name = 'ConntrackNoFileError';
  readonly code = 'CONNTRACK_NO_FILE';

  constructor(folders: readonly string[], options?: ErrorOptions) {
    super(
      `cannot make a file for conntrack's commands in any of ${folders.join(', ')}: let one of them be written to`,
      options,
    );
  }
}

/**
 * A flow ended just when it was to be deleted. conntrack 1.4.7 stops there, with commands left undone; later ones go on.
 * To be run again.
 */
export class ConntrackVanishedError extends ConntrackError {
  override readonly name = 'ConntrackVanishedError';
  readonly code = 'CONNTRACK_VANISHED';
  /** Flows that were deleted before. */
  readonly deleted: number;

  constructor(deleted: number) {
    super('a flow ended while it was being deleted, and conntrack stopped: run it again');
    this.deleted = deleted;
  }
}

/** conntrack or the kernel refused, for another reason; conntrack's words are in the message. */
export class ConntrackFailedError extends ConntrackError {
  override readonly name = 'ConntrackFailedError';
  readonly code = 'CONNTRACK_FAILED';

  constructor(detail: string) {
    super(`conntrack failed: ${detail}`);
  }
}
