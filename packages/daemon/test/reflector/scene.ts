import {
  Reflector,
  services,
  type Limits,
  type Protections,
  type ReflectorOptions,
  type Resource,
  type Warning,
} from '@nftproxier/daemon/reflector';
import type { Service } from '@nftproxier/core';
import {
  ApiServer,
  memoryTransport,
  type ApiServerOptions,
  type MemoryTransport,
  type StoredObject,
} from '../../../../test/api-server/index.js';
import { expect, it } from 'vitest';
import { FakeClock } from './fake-clock.js';
import { service } from './objects.js';
import { report, type RowMeasurement } from './scorecard.js';
import { Observer, stateOf } from './observer.js';

export interface SceneOptions {
  readonly server?: Omit<ApiServerOptions, 'clock'>;
  readonly limits?: Partial<Limits>;
  readonly protections?: Partial<Protections>;
  readonly recover?: ReflectorOptions<Service>['recover'];
  readonly handler?: ReflectorOptions<Service>['handler'];
  readonly resource?: Resource<Service>;
  readonly random?: () => number;
}

/** A reflector of Services, a server in the same process, and a clock that goes as told. */
export class Scene {
  readonly clock = new FakeClock();
  readonly api: ApiServer;
  readonly transport: MemoryTransport;
  readonly observer = new Observer();
  readonly warnings: Warning[] = [];
  readonly reflector: Reflector<Service>;
  readonly #weakened: boolean;

  constructor(options: SceneOptions = {}, weakened = false) {
    this.#weakened = weakened;
    this.api = new ApiServer({ ...options.server, clock: this.clock });
    this.transport = memoryTransport(this.api);
    this.reflector = new Reflector<Service>({
      transport: this.transport,
      resource: options.resource ?? services,
      handler: options.handler ?? this.observer.handle,
      onWarning: (warning) => this.warnings.push(warning),
      clock: this.clock,
      random: options.random ?? (() => 0.5),
      // Audits have tests of their own.
      limits: { auditMs: [1e12, 1e12], sliceMs: 1e9, ...options.limits },
      ...(options.protections ? { protections: options.protections } : {}),
      ...(options.recover ? { recover: options.recover } : {}),
    });
  }

  /** Prints what was measured, unless a protection is off. */
  report(measurement: RowMeasurement): void {
    if (!this.#weakened) report(measurement);
  }

  /** Starts, and lets the first list come in. */
  async synced(): Promise<this> {
    this.reflector.start();
    await this.clock.settle();
    return this;
  }

  get status(): ReturnType<Reflector<Service>['status']> {
    return this.reflector.status();
  }

  /** Stops, and insists that nothing is left. */
  async close(): Promise<void> {
    await this.reflector.stop();
    await this.clock.settle();
    expect(this.clock.pending, 'timers left').toBe(0);
    expect(this.transport.open, 'responses left').toBe(0);
    expect(this.transport.target.watches.size, 'watches left').toBe(0);
    const told = this.observer.batches.length;
    this.transport.target.put(service('afterwards'));
    await this.clock.advance(120_000);
    expect(this.observer.batches.length, 'told after it was stopped').toBe(told);
  }

  /** What the server has. */
  get expected(): string[] {
    return stateOf(this.transport.target.objects('Service').filter((object) => isSelected(object)));
  }

  /** Whether what was told is what the server has. */
  isInSync(): boolean {
    return JSON.stringify(this.observer.state()) === JSON.stringify(this.expected);
  }

  /** Time until in sync, in milliseconds; infinite if not within `limit`. */
  untilInSync(limit: number): Promise<number> {
    return this.clock.until(() => this.isInSync(), limit);
  }

  /** Requests for lists, WatchLists and watches so far. */
  count(verb: 'list' | 'watch-list' | 'watch'): number {
    return this.api.requests.filter((request) => request.verb === verb).length;
  }
}

function isSelected(object: StoredObject): boolean {
  return (object['spec'] as { clusterIP?: string } | undefined)?.clusterIP !== 'None';
}

/**
 * Defines a test of a scenario, and for each protection one that the same scenario fails without it. Afterwards nothing
 * may be left of the reflector, however the scenario ended.
 */
export function guarded(
  name: string,
  scenario: (scene: Scene) => Promise<void>,
  without: Readonly<Record<string, SceneOptions>>,
  options: SceneOptions = {},
): void {
  it(name, async () => {
    const scene = new Scene(options);
    try {
      await scenario(scene);
      expect(scene.observer.violations).toEqual([]);
    } finally {
      await scene.close();
    }
  });
  for (const [protection, weakened] of Object.entries(without)) {
    it(`${name}: fails without ${protection}`, async () => {
      const scene = new Scene({ ...options, ...weakened, limits: { ...options.limits, ...weakened.limits } }, true);
      const attempt = async (): Promise<void> => {
        await scenario(scene);
        expect(scene.observer.violations).toEqual([]);
      };
      try {
        await expect(attempt()).rejects.toThrow();
      } finally {
        await scene.close();
      }
    });
  }
}
