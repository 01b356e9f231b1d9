import { spawn } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import type { Address } from '@nftproxier/core';
import { interfaceAddresses, parseIpAddresses } from './local-addresses.js';

/** What a monitor reports. */
export interface AddressHandlers {
  /** The set of local addresses is another one. */
  readonly changed: (addresses: readonly Address[]) => void;
  /** The kernel's messages cannot be followed at the moment; it is tried again with growing pauses. */
  readonly failed: (error: Error) => void;
}

/** How a monitor works; every member has a default that suits a node. */
export interface AddressMonitorOptions {
  /** The `ip` command and what stands before its own options, such as `['ip', '-n', 'netns']`. */
  readonly command?: readonly [string, ...string[]];
  /** Milliseconds of quiet after a message before the addresses are read: messages come in bursts. */
  readonly settle?: number;
  /** Milliseconds before the first and the longest pause between two starts of a failing `ip monitor`. */
  readonly backoff?: { readonly first: number; readonly longest: number };
}

/** Follows the addresses of this host's interfaces. */
export interface AddressMonitor {
  /** The addresses as last read, sorted. */
  readonly addresses: () => readonly Address[];
  /** Reads the addresses now. */
  readonly refresh: () => Promise<void>;
  /** Ends the watch and its process. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts to follow the addresses of this host. `ip monitor` only says that something happened; what the addresses are is
 * then read anew, so that a lost or misread message does no harm. It is also read after every start of `ip monitor`,
 * which covers what happened while none was running. Resolves once the addresses have been read for the first time;
 * where there is no `ip` they are those that Node knows of, without the interfaces that are down.
 */
export const monitorAddresses = async (
  handlers: AddressHandlers,
  { command = ['ip'], settle = 50, backoff = { first: 500, longest: 30_000 } }: AddressMonitorOptions = {},
): Promise<AddressMonitor> => {
  let addresses: readonly Address[] | undefined;
  let stopped = false;
  let pause = backoff.first;
  let timer: NodeJS.Timeout | undefined;
  let child: ReturnType<typeof start> | undefined;
  let reading: Promise<void> | undefined;

  const report = (error: unknown): void => {
    if (!stopped) handlers.failed(error instanceof Error ? error : new Error(String(error)));
  };

  const read = async (): Promise<void> => {
    const found = await run(command, ['-o', 'address', 'show']).then(parseIpAddresses, (error: unknown) => {
      report(error);
      return command.length === 1 ? interfaceAddresses(networkInterfaces()) : (addresses ?? []);
    });
    if (stopped) return;
    const isNew = addresses !== undefined && addresses.join() !== found.join();
    addresses = found;
    if (isNew) handlers.changed(found);
  };

  // Two reads at once could finish in the wrong order.
  const refresh = (): Promise<void> => {
    const next = (reading ?? Promise.resolve()).then(read);
    reading = next;
    return next;
  };

  const later = (milliseconds: number, action: () => void): void => {
    clearTimeout(timer);
    timer = setTimeout(action, milliseconds);
    timer.unref();
  };

  const follow = (): void => {
    child = start(command, ['-o', 'monitor', 'address'], () => {
      pause = backoff.first;
      later(settle, () => void refresh());
    });
    void child.ended.then((error) => {
      if (stopped) return;
      report(error);
      later(pause, () => {
        follow();
        void refresh();
      });
      pause = Math.min(pause * 2, backoff.longest);
    });
  };

  follow();
  await refresh();
  return {
    addresses: () => addresses ?? [],
    refresh,
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      child?.kill();
      await child?.ended;
      await reading;
    },
  };
};

const start = ([file, ...before]: readonly [string, ...string[]], args: readonly string[], line: () => void) => {
  const process = spawn(file, [...before, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  process.stdout.on('data', line);
  const ended = new Promise<Error>((resolve) => {
    process.once('error', resolve);
    process.once('close', (code, signal) => {
      resolve(
        new Error(`\`${[file, ...before, ...args].join(' ')}\` ended (${signal ?? `exit code ${String(code)}`})`),
      );
    });
  });
  return { ended, kill: () => process.kill('SIGKILL') };
};

/** Interfaces by the ten thousand still fit; more output than this is not a list of addresses. */
const mostOutput = 16 * 1024 * 1024;

const run = ([file, ...before]: readonly [string, ...string[]], args: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const process = spawn(file, [...before, ...args], { stdio: ['ignore', 'pipe', 'ignore'], timeout: 10_000 });
    const chunks: Buffer[] = [];
    let size = 0;
    process.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > mostOutput) process.kill('SIGKILL');
      else chunks.push(chunk);
    });
    process.once('error', reject);
    process.once('close', (code, signal) => {
      if (code === 0) resolve(Buffer.concat(chunks).toString('utf8'));
      else
        reject(
          new Error(`\`${[file, ...before, ...args].join(' ')}\` failed (${signal ?? `exit code ${String(code)}`})`),
        );
    });
  });
