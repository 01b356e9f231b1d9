import type { ServicePlan } from '@nftproxier/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ConntrackCleaner } from '../../src/conntrack/index.js';
import type { Flow, PlanTransition } from '../../src/conntrack/index.js';
import { ConntrackTimeoutError } from '../../src/run/conntrack-error.js';
import { FakeClock } from './fake-clock.js';
import { FakeConntrack, flow } from './fake-conntrack.js';
import { planOf } from './plans.js';

/** A Service as it is drawn: small numbers, so that they meet. */
interface Drawn {
  readonly protocol: 'UDP' | 'SCTP' | 'TCP';
  readonly clusterIP: number;
  readonly port: 53 | 54;
  readonly nodePort: 30053 | 30054 | undefined;
  readonly endpoints: readonly number[];
}

/** What becomes of a Service: it stays, goes, is another one, or has other endpoints. */
type Fate = 'stays' | 'goes' | Drawn | Pick<Drawn, 'endpoints'>;

type Step =
  | { readonly kind: 'change'; readonly fates: readonly Fate[] }
  | { readonly kind: 'send'; readonly to: number; readonly from: number; readonly choice: number }
  | { readonly kind: 'pass'; readonly ms: number; readonly failures: readonly boolean[] };

const drawn: fc.Arbitrary<Drawn> = fc.record({
  protocol: fc.constantFrom('UDP', 'UDP', 'SCTP', 'TCP'),
  clusterIP: fc.nat(2),
  port: fc.constantFrom(53, 54),
  nodePort: fc.constantFrom(undefined, 30053, 30054),
  endpoints: fc.uniqueArray(fc.nat(3), { maxLength: 3 }),
});
const fate: fc.Arbitrary<Fate> = fc.oneof(
  fc.constant('stays' as const),
  fc.constant('goes' as const),
  drawn,
  fc.record({ endpoints: fc.uniqueArray(fc.nat(3), { maxLength: 3 }) }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('change' as const), fates: fc.array(fate, { minLength: 3, maxLength: 3 }) }),
  fc.record({ kind: fc.constant('send' as const), to: fc.nat(29), from: fc.nat(5), choice: fc.nat(9) }),
  fc.record({
    kind: fc.constant('pass' as const),
    ms: fc.constantFrom(0, 400, 2_000, 1_000_000),
    failures: fc.array(fc.boolean(), { maxLength: 3 }),
  }),
);

const addresses = ['10.96.0.0', '10.96.0.1', '10.96.0.2', '192.168.0.1', '203.0.113.9'];
const destinations = addresses.flatMap((address) =>
  (address.startsWith('10.') ? ['53', '54'] : ['30053', '30054', '53']).flatMap((port) =>
    ['UDP', 'SCTP'].map((protocol) => ({ protocol, address, port })),
  ),
);

/** Everything as it should be, with no thought of how to get there. */
class World {
  plans: readonly (ServicePlan | undefined)[] = [];
  #services: readonly (Drawn | undefined)[] = [];

  /** No two Services have the same frontend: the first one has it. */
  change(fates: readonly Fate[]): readonly PlanTransition[] {
    const services = (this.#services = fates.map((next, index): Drawn | undefined => {
      const before = this.#services[index];
      if (next === 'stays' || next === 'goes') return next === 'stays' ? before : undefined;
      return 'port' in next ? next : before && { ...before, ...next };
    }));
    const taken = new Set<string>();
    const claim = (key: string): boolean => !taken.has(key) && Boolean(taken.add(key));
    const before = this.plans;
    this.plans = services.map((fields, index) => {
      if (fields === undefined) return undefined;
      const { protocol, clusterIP, port, nodePort, endpoints } = fields;
      const hasNodePort = nodePort !== undefined && claim(`${protocol} ${String(nodePort)}`);
      return planOf(`s${String(index)}`, {
        protocol,
        clusterIP: `10.96.0.${String(clusterIP)}`,
        port,
        isTaken: !claim(`${protocol} ${String(clusterIP)} ${String(port)}`),
        ...(hasNodePort && { nodePort }),
        endpoints: endpoints.map((endpoint) => `10.244.0.${String(endpoint)}:${String(port)}`),
      });
    });
    return services.flatMap((_, index) => {
      const transition = { before: before[index], after: this.plans[index] };
      return JSON.stringify(transition.before) === JSON.stringify(transition.after) ? [] : [transition];
    });
  }

  /** The endpoints behind a destination; undefined if no Service has it. */
  endpointsOf(protocol: string, address: string, port: number): readonly string[] | undefined {
    for (const plan of this.plans) {
      for (const { protocol: served, frontends, cluster } of plan?.ports ?? []) {
        const isThis = frontends.some((frontend) =>
          frontend.kind === 'NodePort'
            ? address === '192.168.0.1' && frontend.port === port
            : frontend.address === address && frontend.port === port,
        );
        if (served === protocol && isThis) return cluster.map((to) => `${to.address}:${String(to.port)}`);
      }
    }
    return undefined;
  }

  /** Whether nobody would miss a flow: whoever has no endpoints rejects what comes, redirected or not. */
  isUseless(flow: Flow): boolean {
    const { protocol, original } = flow;
    if (protocol === 'TCP') return false;
    return this.isWrong(flow) || this.endpointsOf(protocol, original.dst, original.dport)?.length === 0;
  }

  /** Whether a flow does harm. */
  isWrong({ protocol, original, reply }: Flow): boolean {
    if (protocol === 'TCP') return false;
    const { dst, dport } = original;
    const endpoints = this.endpointsOf(protocol, dst, dport);
    const isNatted = reply.src !== dst || reply.sport !== dport;
    if (endpoints === undefined) return isNatted && !dst.startsWith('203.');
    if (endpoints.length === 0) return isNatted;
    return !endpoints.includes(`${reply.src}:${String(reply.sport)}`);
  }
}

it('whatever happens, the flows that are left are those that may be, and no other was removed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const clock = new FakeClock();
      const conntrack = new FakeConntrack();
      const world = new World();
      const cleaner = new ConntrackCleaner({
        conntrack,
        clock,
        isNodePortAddress: (address) => address === '192.168.0.1',
      });
      /** Flows that have been useless at some time: only these may be removed. */
      const useless = new Set<Flow>();
      const others = [
        flow('TCP 10.0.0.9:1 > 10.96.0.0:53 = 10.244.0.99:53', 'ESTABLISHED'),
        // Somebody else redirects what goes through this node.
        flow('UDP 10.0.0.9:1 > 203.0.113.9:30053 = 10.244.0.1:53'),
      ];
      conntrack.flows = [...others];

      const send = ({ to, from, choice }: Extract<Step, { kind: 'send' }>): void => {
        const { protocol, address, port } = destinations[to % destinations.length]!;
        const client = `10.0.0.1:${String(from)}`;
        const isKnown = conntrack.flows.some(
          ({ original, protocol: known }) =>
            known === protocol &&
            original.dst === address &&
            original.dport === Number(port) &&
            original.sport === from,
        );
        const endpoints = world.endpointsOf(protocol, address, Number(port));
        if (isKnown || endpoints?.length === 0) return;
        const server = endpoints?.[choice % endpoints.length] ?? `${address}:${port}`;
        conntrack.flows.push(flow(`${protocol} ${client} > ${address}:${port} = ${server}`));
      };

      for (const next of [...steps, { kind: 'pass', ms: 1_000_000, failures: [] } as const]) {
        const before = conntrack.flows;
        if (next.kind === 'send') send(next);
        if (next.kind === 'change') cleaner.changed(world.change(next.fates));
        for (const each of conntrack.flows) if (world.isUseless(each)) useless.add(each);
        if (next.kind !== 'pass') continue;
        conntrack.failures.push(...next.failures.map((fails) => (fails ? new ConntrackTimeoutError(1) : undefined)));
        await clock.pass(next.ms);
        conntrack.failures.length = 0;
        expect(before.filter((each) => !conntrack.flows.includes(each) && !useless.has(each))).toEqual([]);
        for (const other of others) expect(conntrack.flows).toContain(other);
        if (clock.waiting === 0) expect(conntrack.flows.filter((each) => world.isWrong(each))).toEqual([]);
      }
      expect(clock.waiting).toBe(0);
    }),
    { numRuns: 300 },
  );
}, 60_000);
