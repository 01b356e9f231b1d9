import type { Frontend, Outcome, ServicePortPlan } from '@nftproxier/core';
import type { Atom, Verdict } from '../syntax/index.js';
import { affinityContribution } from './affinity.js';
import type { AffinityParts } from './affinity.js';
import { endpointCounters, frontendCounter } from './counting.js';
import { chainNames, setNames, slotMapName, wordOf } from './names.js';
import type { List, SlotKey } from './names.js';
import type { Contribution, PlacedElement, PortSlots, SlotRange } from './parts.js';
import { choiceOf, sharedChainName } from './pick.js';
import type { SharedChain } from './pick.js';
import type { TableSettings } from './settings.js';
import { gotoVerdict } from './statements.js';

/** What a service port adds to the table, given its plan and slots. */
export function contributionOf(
  service: string,
  plan: ServicePortPlan,
  slots: PortSlots,
  settings: TableSettings,
): Contribution {
  const affinity =
    plan.affinity === undefined ? undefined : affinityContribution(service, plan, plan.affinity, settings);
  const isCounted = settings.counters !== 'off';
  const parts = plan.frontends.map((frontend) => frontendPart(frontend, plan, slots, affinity, isCounted));
  return {
    elements: [...parts.flatMap((part) => part.elements), ...(affinity?.elements ?? [])],
    shared: [...sharedElements(plan), ...(settings.counters === 'endpoints' ? endpointCounters(plan) : [])],
    ranges: parts.flatMap((part) => part.ranges),
    chains: parts.flatMap((part) => part.chains),
    ownChains: affinity?.ownChains ?? [],
    ownSets: affinity?.ownSets ?? [],
  };
}

interface FrontendPart {
  readonly elements: readonly PlacedElement[];
  readonly ranges: readonly SlotRange[];
  readonly chains: readonly SharedChain[];
}

function frontendPart(
  frontend: Frontend,
  plan: ServicePortPlan,
  slots: PortSlots,
  affinity: AffinityParts | undefined,
  isCounted: boolean,
): FrontendPart {
  const names = setNames(plan.family);
  const protocol = wordOf(plan.protocol);
  const isNodePort = frontend.kind === 'NodePort';
  const key: readonly Atom[] = isNodePort ? [protocol, frontend.port] : [frontend.address, protocol, frontend.port];
  const elements: PlacedElement[] = isNodePort ? [] : firewallElements(frontend, key, plan);

  const refusal = refusalOf(frontend.outcome);
  if (refusal !== undefined) {
    elements.push({
      set: isNodePort ? names.noEndpointNodePorts : names.noEndpoints,
      element: { key, value: refusal },
    });
  }
  const route = routeOf(frontend, plan, slots);
  if (route === undefined) return { elements, ranges: [], chains: [] };
  if (isCounted) elements.push(frontendCounter(frontend, plan));

  const chain = affinity === undefined ? sharedChainName(route.chain) : affinity.chainFor(route.chain);
  elements.push({
    set: isNodePort ? names.nodePorts : names.services,
    element: { key, value: gotoVerdict(chain) },
  });
  if (affinity !== undefined) return { elements, ranges: [], chains: [] };
  const slotKey: SlotKey = isNodePort ? 'nodeport' : 'address';
  const prefix: readonly Atom[] = isNodePort ? [frontend.port] : [frontend.address, frontend.port];
  const ranges = route.lists.map((list): SlotRange => ({
    map: slotMapName(slotKey, list, plan.protocol, plan.family),
    prefix,
    slots: slots[list],
  }));
  return { elements, ranges, chains: [route.chain] };
}

/** The verdict for clients that get no endpoint: those outside, or everyone. */
function refusalOf(outcome: Outcome): Verdict | undefined {
  if (outcome.outside.kind === 'reject') return gotoVerdict(chainNames.reject);
  return outcome.outside.kind === 'drop' ? { kind: 'drop' } : undefined;
}

interface Route {
  readonly chain: SharedChain;
  readonly lists: readonly List[];
}

/** Which shared chain does what a frontend's outcome says; undefined if nobody gets an endpoint. */
function routeOf(frontend: Frontend, plan: ServicePortPlan, slots: PortSlots): Route | undefined {
  const { protocol, family } = plan;
  const { node, outside } = frontend.outcome;
  const key: SlotKey = frontend.kind === 'NodePort' ? 'nodeport' : 'address';
  if (node.kind !== 'balance') return undefined;
  if (frontend.kind === 'ClusterIP') {
    // Whether to masquerade is settled by a rule for all cluster IPs.
    const { over } = node;
    const count = slots[over].length;
    const choice = count === 1 ? {} : chosen(plan);
    return { chain: { kind: 'pick', key, list: over, count, protocol, family, ...choice }, lists: [over] };
  }
  const count = slots.cluster.length;
  if (outside.kind === 'balance' && outside.over === 'cluster') {
    const choice = count === 1 ? {} : chosen(plan);
    return { chain: { kind: 'external', key, count, protocol, family, ...choice }, lists: ['cluster'] };
  }
  const localCount = outside.kind === 'balance' ? slots.local.length : 0;
  const choice = Math.max(count, localCount) <= 1 ? {} : chosen(plan);
  return {
    chain: { kind: 'external-local', key, count, localCount, protocol, family, ...choice },
    lists: localCount === 0 ? ['cluster'] : ['cluster', 'local'],
  };
}

function chosen({ algorithm }: ServicePortPlan): Pick<SharedChain, 'choice'> {
  const choice = choiceOf(algorithm);
  return choice === undefined ? {} : { choice };
}

function firewallElements(
  frontend: Exclude<Frontend, { kind: 'NodePort' }>,
  key: readonly Atom[],
  plan: ServicePortPlan,
): PlacedElement[] {
  if (frontend.sourceRanges.length === 0) return [];
  const names = setNames(plan.family);
  return [
    { set: names.firewalled, element: { key } },
    ...frontend.sourceRanges.map((range) => ({ set: names.allowedSources, element: { key: [...key, range] } })),
  ];
}

/** The cluster IP, and for each local backend the connection from itself to itself, which must be masqueraded. */
function sharedElements(plan: ServicePortPlan): readonly PlacedElement[] {
  const names = setNames(plan.family);
  const protocol = wordOf(plan.protocol);
  const hairpin = new Map<string, PlacedElement>();
  for (const list of [plan.cluster, plan.local]) {
    for (const { address, port, local } of list) {
      if (!local) continue;
      const element = { key: [address, address, protocol, port] };
      hairpin.set(`${address} ${String(port)}`, { set: names.hairpin, element });
    }
  }
  return [{ set: names.clusterIPs, element: { key: [plan.clusterIP] } }, ...hairpin.values()];
}
