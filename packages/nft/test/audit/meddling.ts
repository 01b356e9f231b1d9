import { randomEvent, seededRandom, smallWorld, tell } from '@nftproxier/core/testing';
import type { Random } from '@nftproxier/core/testing';
import { TableAuditor } from '../../src/audit/index.js';
import { FakeNft } from '../../src/fake/index.js';
import type { TableState } from '../../src/fake/index.js';
import { createFakeLoadTarget } from '../../src/load/fake-target.js';
import { Loader } from '../../src/load/index.js';
import type { Element, Operation } from '../../src/syntax/index.js';
import { newPlanner } from '../delta/world.js';
import { settings } from '../ruleset/services.js';
import { fakeAuditKernel } from './fake-kernel.js';

export const network = { nodePortAddresses: ['192.0.2.1'], serviceCIDRs: ['10.96.0.0/16'] } as never;
export const counting = { ...settings, counters: 'endpoints' } as const;

/** A table after a random history, and somebody who meddles with it. */
export class World {
  readonly kernel = new FakeNft();
  readonly loader = new Loader(createFakeLoadTarget(this.kernel));
  readonly asked = fakeAuditKernel(this.kernel);
  readonly random: Random;
  readonly planner;
  alone: <T>(step: () => Promise<T>) => Promise<T> = (step) => step();
  readonly auditor = new TableAuditor({
    kernel: this.asked,
    loader: this.loader,
    rounds: 1,
    alone: (step) => this.alone(step),
  });

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.planner = newPlanner(this.random, smallWorld);
  }

  async load(): Promise<void> {
    this.planner.takeChanges();
    await this.loader.replace({ settings: counting, network, plans: this.planner.plans.values() });
  }

  async step(): Promise<void> {
    tell(this.planner, randomEvent(this.random));
    await this.loader.apply(this.planner.takeChanges());
  }

  get table(): TableState {
    return this.kernel.tables.get(this.loader.tableName ?? '')!;
  }

  dump(): string {
    return this.kernel.dump(this.table.name);
  }

  /** Every element that others can take away. */
  elements(): readonly (readonly [string, Element])[] {
    return [...this.table.sets].flatMap(([name, { declaration, elements }]) =>
      declaration.flags?.includes('dynamic') === true
        ? []
        : [...elements.values()].map((element) => [name, element] as const),
    );
  }

  async meddle(...operations: readonly Operation[]): Promise<void> {
    await this.kernel.apply({ table: this.table.name, operations });
  }
}

export async function openWorld(seed: number): Promise<World> {
  const world = new World(seed);
  await world.load();
  for (let step = 0; step < 15; step += 1) await world.step();
  return world;
}

/** An element that is one's own invention, in a set of this name. */
export function invented(set: string): Element | undefined {
  if (set === 'services4') return { key: ['203.0.113.9', 'tcp', 9], value: { kind: 'goto', chain: 'reject-chain' } };
  if (set === 'endpoints-tcp4') return { key: ['203.0.113.9', 9, 0], value: ['203.0.113.8', 8] };
  if (set === 'cluster-ips4') return { key: ['203.0.113.9'] };
  if (set === 'no-endpoint-nodeports4') return { key: ['tcp', 9], value: { kind: 'drop' } };
  if (set === 'allowed-sources4') return { key: ['203.0.113.9', 'tcp', 9, '198.51.100.0/24'] };
  return undefined;
}
