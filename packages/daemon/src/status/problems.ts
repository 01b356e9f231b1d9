import type { RunningProxy } from './running.js';
import type { SourceReport } from './source.js';
import { printable } from './text.js';

/**
 * `starting`: nothing was loaded yet. `serving`: all is well. `impaired`: most is served, but something is wrong.
 * `failing`: changes do not reach the kernel; what it holds stays in force.
 */
export type NodeState = 'starting' | 'serving' | 'impaired' | 'failing';

/** Something that is wrong with a running proxy. */
export interface Problem {
  /** `error`: changes do not reach the kernel. `warning`: some things are not as they should be. */
  readonly severity: 'error' | 'warning';
  /** Which it is. Keeps its meaning from release to release. */
  readonly code:
    'configuration' | 'sync-failing' | 'not-loaded' | 'quarantine' | 'watch' | 'watch-stale' | 'node-settings';
  /** What is wrong and, where it is known, what to do. */
  readonly message: string;
}

/** A watch that is broken for as long as this is not being resumed as usual, in milliseconds. */
const staleAfter = 30_000;

/** How a proxy is, and what is wrong with it: the worst first. Problems in single objects of the cluster are not among them. */
export function problemsOf(
  { wishes, history, loader }: Pick<RunningProxy, 'wishes' | 'history' | 'loader'>,
  source: SourceReport,
  now: number,
): { readonly state: NodeState; readonly problems: readonly Problem[] } {
  const { problem, warnings } = wishes();
  const last = history.records.at(-1);
  const isFailing = last?.ok === false && last.at > (history.lastSuccess ?? 0);
  const isLoaded = loader.model !== undefined;
  const errors: Problem[] = [];
  if (problem !== undefined) errors.push(error('configuration', problem));
  if (isFailing) {
    const { code, message } = last.error ?? { code: 'UNKNOWN', message: '' };
    errors.push(error('sync-failing', `The latest sync failed (${code}), and is tried again: ${message}`));
  } else if (!isLoaded && history.lastSuccess !== undefined) {
    errors.push(error('not-loaded', 'The table was lost, and is loaded anew by the next sync.'));
  }
  const notes: Problem[] = [];
  if (loader.refused.size > 0) {
    notes.push(
      warning('quarantine', `${count(loader.refused.size, 'Service')} refused by nft; see the quarantine for reasons.`),
    );
  }
  notes.push(...problemsOfSource(source, now), ...warnings.map((message) => warning('node-settings', message)));
  const waits = !isLoaded && history.lastSuccess === undefined;
  const state = errors.length > 0 ? 'failing' : waits ? 'starting' : notes.length > 0 ? 'impaired' : 'serving';
  return { state, problems: [...errors, ...notes] };
}

function problemsOfSource(source: SourceReport, now: number): readonly Problem[] {
  if (source.kind === 'manifests') return [];
  return source.watches.flatMap(({ kind, staleSince, warnings }): readonly Problem[] => {
    if (warnings.length > 0) return warnings.map(({ message }) => warning('watch', `${kind}: ${message}`));
    if (staleSince === undefined || now - staleSince < staleAfter) return [];
    const seconds = Math.round((now - staleSince) / 1000);
    return [warning('watch-stale', `${kind}: no watch for ${String(seconds)} s; changes may be missed meanwhile.`)];
  });
}

function error(code: Problem['code'], message: string): Problem {
  return { severity: 'error', code, message: printable(message) };
}

function warning(code: Problem['code'], message: string): Problem {
  return { severity: 'warning', code, message: printable(message) };
}

function count(number: number, what: string): string {
  return `${String(number)} ${what}${number === 1 ? '' : 's'}`;
}
