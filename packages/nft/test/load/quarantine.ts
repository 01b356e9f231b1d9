import { Planner } from '@nftproxier/core';
import type { Address, Cidr, Frontend, PlanChange, ServiceKey, ServicePlan } from '@nftproxier/core';
import { below, randomEvent, randomWorld, seededRandom, tell } from '@nftproxier/core/testing';
import type { Random, WorldSize } from '@nftproxier/core/testing';
import { Loader } from '../../src/load/index.js';
import type { LoadProtections, LoadTarget } from '../../src/load/index.js';
import { here } from '../delta/world.js';
import { settings } from '../ruleset/services.js';

/** Many addresses that several Services want: claims move all the time. */
const size: WorldSize = { services: 8, slices: 2, addresses: 3, nodes: ['here', 'there'] };

export const network = { nodePortAddresses: [], serviceCIDRs: [] };

/**
 * A plan that nft takes for well-formed and the kernel refuses: an interval set takes no range inside another. Plans that
 * core makes have no such ranges; this stands for whatever else a kernel may refuse one day.
 */
function poisoned(plan: ServicePlan): ServicePlan {
  const [port, ...others] = plan.ports;
  if (port === undefined) return plan;
  const isIPv4 = port.family === 'IPv4';
  const number = plan.service.split('-').at(-1) ?? '0';
  const outcome = port.frontends[0]?.outcome;
  if (outcome === undefined) return plan;
  const frontend: Frontend = {
    kind: 'LoadBalancerIP',
    address: (isIPv4 ? `198.51.100.${number}` : `2001:db8:ffff::${number}`) as Address,
    port: 80,
    outcome,
    sourceRanges: (isIPv4 ? ['10.0.0.0/8', '10.1.0.0/16'] : ['2001:db8::/32', '2001:db8:1::/48']) as Cidr[],
  };
  return { ...plan, ports: [{ ...port, frontends: [...port.frontends, frontend] }, ...others] };
}

/** A loader in a world that changes at random, in which some Services are refused at random. */
export class RandomWorld {
  readonly planner = new Planner(here);
  readonly loader: Loader;
  readonly random: Random;
  readonly #poisoned = new Set<ServiceKey>();
  /** What is wrong so far. */
  readonly complaints: string[] = [];

  constructor(seed: number, target: LoadTarget, protections: Partial<LoadProtections> = {}) {
    this.random = seededRandom(seed);
    this.loader = new Loader(target, protections);
    const { services, slices } = randomWorld(this.random, size);
    this.planner.replaceServices(services);
    this.planner.replaceEndpointSlices(slices);
  }

  async start(): Promise<void> {
    this.planner.takeChanges();
    await this.loader.replace({ settings, network, plans: this.planner.plans.values() });
  }

  /** Some events, a change of mind about who is refused, and one sync. */
  async step(): Promise<void> {
    for (let events = 1 + below(this.random, 4); events > 0; events -= 1)
      tell(this.planner, randomEvent(this.random, size));
    await this.#apply(this.planner.takeChanges());
  }

  /** Nobody is refused any more: what was set aside is tried again. */
  async heal(): Promise<void> {
    this.#poisoned.clear();
    const refused = [...this.loader.refused.keys()];
    await this.#apply(
      refused.map((service) => ({ service, plan: this.planner.plans.get(service) })),
      0,
    );
  }

  async #apply(changes: readonly PlanChange[], odds = 0.3): Promise<void> {
    const given = changes.map(({ service, plan }): PlanChange => {
      const isRefused = plan !== undefined && this.random() < odds && poisoned(plan) !== plan;
      if (isRefused) this.#poisoned.add(service);
      else this.#poisoned.delete(service);
      return { service, plan: isRefused ? poisoned(plan) : plan };
    });
    const { refused } = await this.loader.apply(given);
    const guilty = given.flatMap(({ service }) => (this.#poisoned.has(service) ? [service] : []));
    this.#compare('refused', refused.map(({ service }) => service).sort(), guilty.sort());
    this.#compare('set aside', [...this.loader.refused.keys()].sort(), [...this.#poisoned].sort());
    for (const { service, plan } of given) this.#judge(service, plan);
  }

  #judge(service: ServiceKey, plan: ServicePlan | undefined): void {
    const held = this.loader.model?.planOf(service);
    if (!this.#poisoned.has(service)) {
      if (held !== plan) this.complaints.push(`${service} was accepted, and is not held`);
      return;
    }
    const asked = new Set(frontendsOf(this.planner.plans.get(service)));
    const kept = frontendsOf(held).filter((frontend) => !asked.has(frontend));
    if (kept.length > 0) this.complaints.push(`${service} keeps what it no longer asks for: ${kept.join(', ')}`);
  }

  #compare(what: string, actual: readonly string[], expected: readonly string[]): void {
    if (actual.join(' ') !== expected.join(' '))
      this.complaints.push(`${what}: ${actual.join(' ')}; not ${expected.join(' ')}`);
  }
}

function frontendsOf(plan: ServicePlan | undefined): readonly string[] {
  return (plan?.ports ?? []).flatMap(({ frontends, protocol, family }) =>
    frontends.map((frontend) => {
      const where = frontend.kind === 'NodePort' ? family : frontend.address;
      return `${where} ${protocol} ${String(frontend.port)}`;
    }),
  );
}
