import { createHash } from 'node:crypto';
import type { Backend, ClientIPAffinity, Frontend, ServicePortPlan } from '@nftproxier/core';
import type { Expression, Rule, SetDeclaration, Statement } from '../syntax/index.js';
import type { OwnChain } from './parts.js';
import { headerOf, randomSlot, source } from './keys.js';
import { chainNames, digitOf, wordOf } from './names.js';
import type { List } from './names.js';
import { externalLocalRules } from './pick.js';
import type { SharedChain } from './pick.js';
import type { TableSettings } from './settings.js';
import { goto, inSet, jump, match } from './statements.js';

/** The chains and sets of a service port with session affinity, and which of them stands in for a shared chain. */
export interface AffinityChains {
  readonly ownChains: readonly OwnChain[];
  readonly ownSets: readonly SetDeclaration[];
  chainFor(chain: SharedChain): string;
}

/**
 * Session affinity is the exception to "no chains per service": a chain per list and a chain and a dynamic set per
 * endpoint, as kube-proxy has them. Exact (shared by all frontends of the port, a timeout per Service, local lists see
 * local entries only) and atomic: an endpoint that goes takes its clients' entries with it in the same transaction.
 *
 * A new client's endpoint is drawn by rules of falling odds (1/N, 1/(N-1), …, 1), which needs no set of its own: what
 * grows quadratically is the number of sets in a table, and of rules bound to one map.
 */
export function affinityContribution(
  service: string,
  plan: ServicePortPlan,
  affinity: ClientIPAffinity,
  settings: TableSettings,
): AffinityChains {
  const id = idOf(service, plan);
  const endpoints = new Map<string, Endpoint>();
  const named = (backend: Backend): Endpoint => {
    const key = `${backend.address}/${String(backend.port)}`;
    const known = endpoints.get(key) ?? endpointOf(id, backend, key);
    endpoints.set(key, known);
    return known;
  };
  const lists: Readonly<Record<List, readonly Endpoint[]>> = {
    cluster: plan.cluster.map(named),
    local: plan.local.map(named),
  };
  const names = {
    cluster: `affinity-${id}`,
    local: `local-affinity-${id}`,
    external: `external-affinity-${id}`,
    externalLocal: `external-local-affinity-${id}`,
  };
  const chainFor = (chain: SharedChain): string => {
    switch (chain.kind) {
      case 'pick':
        return names[chain.list];
      case 'external':
        return names.external;
      case 'external-local':
        return names.externalLocal;
    }
  };
  const own = [...endpoints.values()];
  const local = lists.local.length > 0 ? names.local : undefined;
  const ownChains: OwnChain[] = [
    ...own.map((endpoint) => ({ name: endpoint.chain, rules: endpointRules(endpoint, plan, affinity) })),
    ...(['cluster', 'local'] as const)
      .filter((list) => lists[list].length > 0)
      .map((list) => ({ name: names[list], rules: choiceRules(lists[list], plan) })),
  ];
  const policies = new Set(plan.frontends.flatMap(policyOf));
  if (lists.cluster.length > 0 && policies.has('external')) {
    ownChains.push({ name: names.external, rules: [[jump(chainNames.mark)], [goto(names.cluster)]] });
  }
  if (lists.cluster.length > 0 && policies.has('external-local')) {
    const rules = externalLocalRules(plan.family, names.cluster, local, settings);
    ownChains.push({ name: names.externalLocal, rules });
  }
  return { ownChains, ownSets: own.map((endpoint) => clientSet(endpoint, plan)), chainFor };
}

/** Whether a name is that of a chain or a set of one service port with session affinity. */
export function isAffinityName(name: string): boolean {
  return /^((external-)?(local-)?affinity|affinity-clients|endpoint)-[^/]+\//.test(name);
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
  const l4proto: Expression = { kind: 'meta', key: 'l4proto' };
  return [
    [{ kind: 'update', set: endpoint.set, key: source(family), timeoutSeconds: affinity.timeoutSeconds }],
    [
      match(l4proto, { kind: 'value', value: wordOf(protocol) }),
      { kind: 'dnat', family: headerOf(family), address, port },
    ],
  ];
}

/** First the endpoint that remembers the client, then any: rule i of the rest takes its share 1/(N-i) of what is left. */
function choiceRules(endpoints: readonly Endpoint[], plan: ServicePortPlan): readonly Rule[] {
  const remembered = endpoints.map((endpoint): Rule => [
    inSet(source(plan.family), endpoint.set),
    goto(endpoint.chain),
  ]);
  const drawn = endpoints.map((endpoint, index): Rule => {
    const left = endpoints.length - index;
    const draw: Statement = match(randomSlot(left), { kind: 'value', value: 0 });
    return left === 1 ? [goto(endpoint.chain)] : [draw, goto(endpoint.chain)];
  });
  return [...remembered, ...drawn];
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
