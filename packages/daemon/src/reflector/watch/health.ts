import type { Clock } from '../clock.js';
import { ReflectorError, messageOf } from '../errors.js';
import type { Resource } from '../resource.js';
import { newCounters, type Warning, type WatchStatus } from './status.js';
import { warningFor, type WarningCode } from './warnings.js';

/** Warnings that are over as soon as the server lets us watch. */
const overWhenCurrent = [
  'permission-missing',
  'not-served',
  'not-authenticated',
  'unreachable',
  'tls',
  'cluster-config',
] as const;

/** Takes note of what happens to a reflector, for its status and its warnings. */
export class Health {
  readonly counters = newCounters();
  readonly #failures: Record<string, number> = {};
  state: WatchStatus['state'] = 'stopped';
  readonly #resource: Resource<unknown>;
  readonly #clock: Clock;
  readonly #onWarning: ((warning: Warning) => void) | undefined;
  readonly #warnings = new Map<WarningCode, Warning>();
  #lastByteAt: number | undefined;
  #syncedSince: number | undefined;
  #staleSince: number | undefined;
  #lastError: WatchStatus['lastError'];

  constructor(resource: Resource<unknown>, clock: Clock, onWarning: ((warning: Warning) => void) | undefined) {
    this.#resource = resource;
    this.#clock = clock;
    this.#onWarning = onWarning;
  }

  get isSynced(): boolean {
    return this.#syncedSince !== undefined;
  }

  status(objects: number, resourceVersion: string | undefined): WatchStatus {
    return {
      kind: this.#resource.kind,
      path: this.#resource.path,
      state: this.state,
      objects,
      resourceVersion,
      lastByteAt: this.#lastByteAt,
      syncedSince: this.#syncedSince,
      staleSince: this.#staleSince,
      lastError: this.#lastError,
      ...this.counters,
      failures: { ...this.#failures },
      warnings: [...this.#warnings.values()],
    };
  }

  started(): void {
    this.#staleSince = this.#clock.now();
  }

  bytes(): void {
    this.#lastByteAt = this.#clock.now();
  }

  /** The server takes requests, and tells of changes. */
  current(): void {
    this.state = 'watching';
    this.#staleSince = undefined;
    for (const code of overWhenCurrent) this.#warnings.delete(code);
  }

  /** The server told something new. */
  progress(): void {
    this.#warnings.delete('api-server-failing');
  }

  /** An attempt failed, after `failures` others in a row. */
  failed(error: unknown, verb: 'list' | 'watch', failures: number): void {
    this.counters.errors++;
    this.#staleSince ??= this.#lastByteAt ?? this.#clock.now();
    const code = error instanceof ReflectorError ? error.code : 'unexpected';
    this.#failures[code] = (this.#failures[code] ?? 0) + 1;
    this.#note(code, messageOf(error));
    const warning = warningFor(error, this.#resource, verb, failures);
    if (warning) this.warn(warning.code, warning.message);
  }

  /** The handler took a batch. */
  taken(): void {
    this.#warnings.delete('handler-failing');
    this.#syncedSince ??= this.#clock.now();
  }

  handlerThrew(thrown: unknown): void {
    this.counters.handlerErrors++;
    const message = `the handler of ${this.#resource.path} threw, and will be given everything anew: ${messageOf(thrown)}`;
    this.#note('handler', message);
    this.warn('handler-failing', message);
  }

  /** The projection of the object called `name` threw. */
  unusable(name: string, thrown: unknown): void {
    this.counters.unusableObjects++;
    this.#note('handler', `${name} of ${this.#resource.path} cannot be read: ${messageOf(thrown)}`);
  }

  auditFailed(thrown: unknown): void {
    this.#note('audit', `the audit of ${this.#resource.path} failed: ${messageOf(thrown)}`);
  }

  warn(code: WarningCode, message: string): void {
    const before = this.#warnings.get(code);
    const warning: Warning = { code, message, since: before?.since ?? this.#clock.now() };
    this.#warnings.set(code, warning);
    if (before) return;
    try {
      this.#onWarning?.(warning);
    } catch (thrown) {
      this.#note('handler', `onWarning threw: ${messageOf(thrown)}`);
    }
  }

  #note(code: string, message: string): void {
    this.#lastError = { at: this.#clock.now(), code, message };
  }
}
