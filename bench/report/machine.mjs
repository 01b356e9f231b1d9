import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import process from 'node:process';

/** What the figures were measured on. */
export function describeMachine() {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? 'unknown',
    cpus: all.length,
    memoryGB: Math.round(totalmem() / 2 ** 30),
    // Without what a distribution or a provider appends.
    kernel: /^[\d.]+/.exec(release())?.[0] ?? release(),
    nft: execFileSync('nft', ['--version'], { encoding: 'utf8' }).trim(),
    node: process.version,
    date: new Date().toISOString(),
  };
}
