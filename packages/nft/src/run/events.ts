import { endianness } from 'node:os';
import type { Options } from 'execa';

/** A process that hears what the kernel tells of transactions. */
export interface RulesetEvents {
  /** Its process id; undefined where it could not be started. */
  readonly pid: number | undefined;
  /** Resolves when it has ended, with the reason: what happens from then on is not heard. */
  readonly ended: Promise<Error>;
  /** Ends it. */
  close(): Promise<void>;
}

/** Where it runs. */
export interface EventsOptions {
  /** The program, by name or path. Default: `socat`. */
  readonly command?: string;
  /** A network namespace made with `ip netns add`, to run in. Default: that of this process. */
  readonly netns?: string;
}

/** There is no socat. */
export class SocatMissingError extends Error {
  override readonly name = 'SocatMissingError';
  readonly code = 'SOCAT_MISSING';

  constructor(command: string) {
    super(`${command} cannot be started: is socat installed, and in the PATH?`);
  }
}

/** socat has ended. */
export class SocatEndedError extends Error {
  override readonly name = 'SocatEndedError';
  readonly code = 'SOCAT_ENDED';
  /** Whether the kernel had more to tell than could be read: some of it is lost. */
  readonly isOverflow: boolean;

  /** @param text what it wrote last. */
  constructor(text: string) {
    const complaints = text.split('\n').filter((line) => / [WEF] /.test(line));
    super(`socat ended: ${complaints.at(-1)?.slice(0, 200) ?? 'for no reason that it told'}`);
    this.isOverflow = text.includes('No buffer space available');
  }
}

/** Characters of what socat wrote that are kept. */
const mostText = 4_096;
/** Bytes that wait in the socket at most; the kernel counts twice as many, and what they take in its memory. */
const bufferSize = 4 * 1024 * 1024;
/** The largest datagram is smaller. */
const datagramSize = 65_536;
/** What socat says once the socket is there. */
const isReady = 'starting data transfer loop';

/**
 * Hears of every transaction in the ruleset of a network namespace, in netlink's own format, as the kernel multicasts it to
 * its group `NFNLGRP_NFTABLES`. Node has no netlink sockets: socat holds one, and reads nothing but that. It ends with this
 * process, however that ends: its standard input is then closed. It ends as well when the socket's buffer overflows.
 *
 * @param heard takes what comes, in whatever pieces. If it throws, the process ends with that for a reason.
 * @returns when all that happens from then on will be heard.
 * @throws {@link SocatMissingError}; {@link SocatEndedError} where the kernel does not allow it (it takes NET_ADMIN) or
 * socat does not know how to (before 1.7.4 this was not tried).
 */
export async function openEvents(
  heard: (bytes: Uint8Array) => void,
  options: EventsOptions = {},
): Promise<RulesetEvents> {
  const { command = 'socat', netns } = options;
  const words = netns === undefined ? [command] : ['ip', 'netns', 'exec', netns, command];
  const [file = command, ...before] = words;
  const { execa } = await import('execa');
  // With -d -d it says when it is ready. It has nothing to send: the end of its standard input is its own.
  const args = ['-d', '-d', '-t', '0', '-b', String(datagramSize), socketAddress(endianness() === 'LE'), 'STDIO'];
  const child = execa(file, [...before, ...args], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    reject: false,
    buffer: false,
    encoding: 'buffer',
    killSignal: 'SIGKILL',
    // With it execa would take part in this process's signals.
    cleanup: false,
    env: { LC_ALL: 'C' },
  } satisfies Options);
  let text = '';
  child.stdin.on('error', () => undefined);
  let failure: Error | undefined;
  child.stdout.on('data', (bytes: Uint8Array) => {
    if (failure !== undefined) return;
    try {
      heard(bytes);
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
      child.kill('SIGKILL');
    }
  });
  const ready = new Promise<void>((resolve) => {
    child.stderr.setEncoding('utf8').on('data', (piece: string) => {
      text = (text + piece).slice(-mostText);
      if (text.includes(isReady)) resolve();
    });
  });
  const ended = child.then((result): Error => {
    const isMissing = result.code === 'ENOENT' || /^exec of ".*" failed/m.test(text);
    return failure ?? (isMissing ? new SocatMissingError(command) : new SocatEndedError(text));
  });
  const early = await Promise.race([ready, ended]);
  if (early !== undefined) throw early;
  return {
    pid: child.pid,
    ended,
    async close() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/**
 * A datagram socket of AF_NETLINK (16), SOCK_RAW (3), NETLINK_NETFILTER (12), bound to group 7; addresses are what follows
 * the family in `sockaddr_nl`: padding, port, groups. Its buffer is SO_RCVBUFFORCE (33) of SOL_SOCKET (1).
 */
function socketAddress(isLittleEndian: boolean): string {
  const groups = isLittleEndian ? '40000000' : '00000040';
  return [
    `SOCKET-DATAGRAM:16:3:12:x${'0'.repeat(20)}`,
    `bind=x${'0'.repeat(12)}${groups}`,
    `setsockopt-int=1:33:${String(bufferSize)}`,
  ].join(',');
}
