import { wantsColor } from './paint.js';
import { progressOn } from './progress.js';
import type { Progress } from './progress.js';

/** Where a command writes, and how it ends. Given to commands, so that tests can read what they say. */
export interface Output {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Whether a person at a terminal reads it, who wants colours. */
  readonly color?: boolean;
  /** Told what long work is at; absent where nobody watches. */
  readonly progress?: Progress;
}

/** What exit codes mean. */
export const exitCodes = {
  ok: 0,
  /** What was asked for could not be done. */
  failed: 1,
  /** The command line, the configuration or a manifest is wrong. */
  usage: 2,
  /** What was compared is not the same. */
  different: 3,
} as const;

/** One of {@link exitCodes}. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Writes to the process's own standard output and error. */
export const processOutput: Output = {
  out: (text) => {
    process.stdout.write(text);
  },
  err: (text) => {
    process.stderr.write(text);
  },
  color: wantsColor(process.stdout.isTTY, process.env),
  ...progressOn(process.stderr, process.env),
};
