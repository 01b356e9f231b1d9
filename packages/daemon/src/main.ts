#!/usr/bin/env node
import { CommanderError } from 'commander';
import { processOutput } from './commands/output.js';
import { createProgram } from './commands/program.js';

const stopped = new Promise<string>((resolve) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve);
});

try {
  await createProgram(processOutput, stopped, (code) => {
    process.exitCode = code;
  }).parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
}
