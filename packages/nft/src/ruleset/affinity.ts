import { createHash } from 'node:crypto';
import { slotsOf } from '@nftproxier/core';
import type { Backend, ClientIPAffinity, Frontend, ServicePortPlan } from '@nftproxier/core';
import { concat, l4proto } from '../syntax/index.js';
import type { Rule, SetDeclaration, Statement } from '../syntax/index.js';
import type { OwnChain, PlacedElement } from './parts.js';
import { chosenSlot, headerOf, mostSlots, randomSlot, source } from './keys.js';
import { chainNames, digitOf, wordOf } from './names.js';
import type { List } from './names.js';
import { choiceOf, externalLocalRules } from './pick.js';
import type { SharedChain } from './pick.js';
import type { TableSettings } from './settings.js';
import { goto, gotoVerdict, inSet, jump, lookup, match } from './statements.js';

/** What a service port with session affinity has of its own, and which of its chains stands in for a shared one. */
export interface AffinityParts {
  readonly ownChains: readonly OwnChain[];
  readonly ownSets: readonly SetDeclaration[];
  /** Of the maps among those. */
  readonly elements: readonly PlacedElement[];
  chainFor(chain: SharedChain): string;
}

/**
 * Session affinity is the exception to "no chains per service": a chain per list and a chain and a dynamic set per
 * endpoint, as kube-proxy has them. Exact (shared by all frontends of the port, a timeout per Service, local lists see
 * local entries only) and atomic: an endpoint that goes takes its clients' entries with it in the same transaction.
 *
 * An endpoint for a new client is chosen by the port's algorithm. Where all are alike it is drawn by rules of falling odds
 * (1/N, 1/(N-1), …, 1), which needs no set: what grows quadratically is the number of sets in a table, and of rules bound
 * to one map. Where they are not, or a hash decides, there is a verdict map of slots for the list.
 */
export function affinityContribution(
  service: string,
  plan: ServicePortPlan,
  affinity: ClientIPAffinity,
  settings: TableSettings,
): AffinityParts {
  const id = idOf(service, plan);
  const endpoints = new Map<string, Endpoint>();
  const named = (backend: Backend): Endpoint => {
    const key = `${backend.address}/${String(backend.port)}`;
    const known = endpoints.get(key) ?? endpointOf(id, backend, key);
    endpoints.set(key, known);
    return known;
  };
  const listOf = (list: List): EndpointList => ({
    name: `${list === 'local' ? 'local-' : ''}affinity-${id}`,
    map: `${list === 'local' ? 'local-' : ''}affinity-slots-${id}`,
    endpoints: plan[list].map(named),
    // Rules and maps of its own are no place to keep an order from before.
    slots: slotsOf(plan[list], plan.algorithm).map(named),
  });
  const cluster = listOf('cluster');
  const local = listOf('local');
  const names = { external: `external-affinity-${id}`, externalLocal: `external-local-affinity-${id}` };
  const chainFor = (chain: SharedChain): string => {
    switch (chain.kind) {
      case 'pick':
        return { cluster, local }[chain.list].name;
      case 'external':
        return names.external;
      case 'external-local':
        return names.externalLocal;
    }
  };
  const lists = [cluster, local].filter((list) => list.endpoints.length > 0);
  const mapped = lists.filter((list) => needsMap(list, plan));
  const own = [...endpoints.values()];
  const ownChains: OwnChain[] = [
    ...own.map((endpoint) => ({ name: endpoint.chain, rules: endpointRules(endpoint, plan, affinity) })),
    ...lists.map((list) => ({ name: list.name, rules: choiceRules(list, plan) })),
  ];
  const policies = new Set(plan.frontends.flatMap(policyOf));
  if (cluster.endpoints.length > 0 && policies.has('external')) {
    ownChains.push({ name: names.external, rules: [[jump(chainNames.mark)], [goto(cluster.name)]] });
  }
  if (cluster.endpoints.length > 0 && policies.has('external-local')) {
    const stay = local.endpoints.length > 0 ? local.name : undefined;
    const rules = externalLocalRules(plan.family, cluster.name, stay, settings);
    ownChains.push({ name: names.externalLocal, rules });
  }
  return {
    ownChains,
    ownSets: [...own.map((endpoint) => clientSet(endpoint, plan)), ...mapped.map(slotMap)],
    elements: mapped.flatMap((list) => slotElements(list, plan)),
    chainFor,
  };
}

/** Whether a name is that of a chain or a set of one service port with session affinity. */
export function isAffinityName(name: string): boolean {
  return /^((external-)?(local-)?affinity|(local-)?affinity-slots|affinity-clients|endpoint)-[^/]+\//.test(name);
}

function policyOf({ kind, outcome: { outside } }: Frontend): readonly ('external' | 'external-local')[] {
  if (kind === 'ClusterIP' || outside.kind === 'reject') return [];
  return outside.kind === 'balance' && outside.over === 'cluster' ? ['external'] : ['external-local'];
}

interface Endpoint {
  readonly backend: Backend;
  readonly chain: string;
  readonly set: string;
}

interface EndpointList {
  /** Of its chain. */
  readonly name: string;
  /** Of its map of slots, if it has one. */
  readonly map: string;
  readonly endpoints: readonly Endpoint[];
  readonly slots: readonly Endpoint[];
}

function endpointOf(id: string, backend: Backend, key: string): Endpoint {
  const name = withinLimit(`${id}__${key.replaceAll(':', '.')}`);
  return { backend, chain: `endpoint-${name}`, set: `affinity-clients-${name}` };
}

/** Without a size: the kernel's own limit, 65,535 clients, then holds, and Linux 6.18 does not reserve 2 MB for as many at once. */
function clientSet(endpoint: Endpoint, plan: ServicePortPlan): SetDeclaration {
  return { name: endpoint.set, key: source(plan.family), flags: ['dynamic', 'timeout'] };
}

/** The timeout stands in the rule, not in the set: a new timeout then takes effect with every kernel (in the set, only since about 6.2). */
function endpointRules(endpoint: Endpoint, plan: ServicePortPlan, affinity: ClientIPAffinity): readonly Rule[] {
  const { family, protocol } = plan;
  const { address, port } = endpoint.backend;
  return [
    [{ kind: 'update', set: endpoint.set, key: source(family), timeoutSeconds: affinity.timeoutSeconds }],
    [
      match(l4proto, { kind: 'value', value: wordOf(protocol) }),
      { kind: 'dnat', family: headerOf(family), address, port },
    ],
  ];
}

/** Whether a slot cannot be drawn by falling odds: a hash decides, or some endpoint has several. */
function needsMap({ slots }: EndpointList, { algorithm }: ServicePortPlan): boolean {
  return slots.length > 1 && (choiceOf(algorithm) !== undefined || new Set(slots).size < slots.length);
}

/** A number alone would be stored byte-swapped by nft 1.1.7, and never match: so the protocol is in the key, too. */
function slotMap({ map }: EndpointList): SetDeclaration {
  return { name: map, key: concat(l4proto, randomSlot(mostSlots)), value: 'verdict' };
}

function slotElements({ map, slots }: EndpointList, { protocol }: ServicePortPlan): readonly PlacedElement[] {
  return slots.map(({ chain }, slot) => ({
    set: map,
    element: { key: [wordOf(protocol), slot], value: gotoVerdict(chain) },
  }));
}

/** First the endpoint that remembers the client, then the one that the algorithm chooses. */
function choiceRules(list: EndpointList, plan: ServicePortPlan): readonly Rule[] {
  const remembered = list.endpoints.map((endpoint): Rule => [
    inSet(source(plan.family), endpoint.set),
    goto(endpoint.chain),
  ]);
  return [...remembered, ...(needsMap(list, plan) ? mappedRules(list, plan) : drawnRules(list))];
}

/** Rule i takes its share 1/(N-i) of what is left. */
function drawnRules({ slots }: EndpointList): readonly Rule[] {
  return slots.map((endpoint, index): Rule => {
    const left = slots.length - index;
    const draw: Statement = match(randomSlot(left), { kind: 'value', value: 0 });
    return left === 1 ? [goto(endpoint.chain)] : [draw, goto(endpoint.chain)];
  });
}

/** A packet may meet the rule of before a commit and the map of after it: slot 0 is always there. */
function mappedRules({ map, slots }: EndpointList, plan: ServicePortPlan): readonly Rule[] {
  const { algorithm, protocol, family } = plan;
  const slot = chosenSlot(choiceOf(algorithm) ?? { kind: 'random' }, slots.length, protocol, family);
  const [first] = slots;
  return [[lookup(concat(l4proto, slot), map)], ...(first === undefined ? [] : [[goto(first.chain)]])];
}

/** `namespace/name/tcp4/port`: names are DNS labels, so the separators cannot occur in them. */
function idOf(service: string, plan: ServicePortPlan): string {
  const parts = [service, `${wordOf(plan.protocol)}${digitOf(plan.family)}`];
  return [...parts, ...(plan.portName === '' ? [] : [plan.portName])].join('/');
}

/** nft's names have at most 255 characters, and prefixes need some of them. A name that is too long ends in its hash. */
function withinLimit(name: string): string {
  if (name.length <= 230) return name;
  return `${name.slice(0, 200)}...${createHash('sha256').update(name).digest('hex').slice(0, 24)}`;
}
