import { protocols } from '@nftproxier/core';
import type { Family } from '@nftproxier/core';
import type { Chain, Operation, Rule, SetDeclaration } from '../syntax/index.js';
import {
  addressAndSourceKey,
  addressKey,
  destination,
  endpointValue,
  hairpinKey,
  mostSlots,
  nodePortKey,
  randomSlot,
  slotKey,
} from './keys.js';
import {
  countAddressRules,
  countEndpointRules,
  countingChains,
  countingSets,
  countNodePortRules,
  shardOperations,
} from './counting.js';
import { chainNames, setNames, slotMapName } from './names.js';
import { isFromLocalPod } from './pick.js';
import type { TableSettings } from './settings.js';
import { drop, inSet, isDestinationNatted, isNew, jump, lookup, lookups, match, reject } from './statements.js';

/** A chain with its rules. */
export interface FilledChain {
  readonly chain: Chain;
  readonly rules: readonly Rule[];
}

/** The table's sets and maps: their number does not depend on Services. */
export function skeletonSets(settings: TableSettings): readonly SetDeclaration[] {
  return settings.families.flatMap((family) => [
    ...fixedSets(family),
    ...slotMaps(family),
    ...countingSets(family, settings),
  ]);
}

function fixedSets(family: Family): readonly SetDeclaration[] {
  const names = setNames(family);
  return [
    { name: names.clusterIPs, key: destination(family) },
    { name: names.serviceCIDRs, key: destination(family), flags: ['interval'] },
    { name: names.nodePortIPs, key: destination(family) },
    { name: names.services, key: addressKey(family), value: 'verdict' },
    { name: names.nodePorts, key: nodePortKey, value: 'verdict' },
    { name: names.noEndpoints, key: addressKey(family), value: 'verdict' },
    { name: names.noEndpointNodePorts, key: nodePortKey, value: 'verdict' },
    { name: names.firewalled, key: addressKey(family) },
    { name: names.allowedSources, key: addressAndSourceKey(family), flags: ['interval'] },
    { name: names.hairpin, key: hairpinKey(family) },
  ];
}

function slotMaps(family: Family): readonly SetDeclaration[] {
  return (['address', 'nodeport'] as const).flatMap((key) =>
    (['cluster', 'local'] as const).flatMap((list) =>
      protocols.map((protocol) => ({
        name: slotMapName(key, list, protocol, family),
        key: slotKey(key, protocol, family, randomSlot(mostSlots)),
        value: endpointValue(protocol, family),
      })),
    ),
  );
}

/** The chains that base chains and maps lead to, those that others lead to first. */
export function skeletonChains(settings: TableSettings): readonly FilledChain[] {
  const { families } = settings;
  return [
    { chain: { name: chainNames.reject }, rules: [[reject]] },
    { chain: { name: chainNames.mark }, rules: [[{ kind: 'mark-or', mask: settings.masqueradeMark }]] },
    ...families.flatMap((family) => countingChains(family, settings)),
    { chain: { name: chainNames.services }, rules: families.flatMap((family) => serviceRules(family, settings)) },
    { chain: { name: chainNames.firewall }, rules: families.map(firewallRule) },
    { chain: { name: chainNames.noEndpointsCheck }, rules: families.map(noEndpointsRule) },
    {
      chain: { name: chainNames.noEndpointNodePortsCheck },
      rules: families.map((family) => [
        ...toNodePortAddress(family, settings),
        lookup(nodePortKey, setNames(family).noEndpointNodePorts),
      ]),
    },
    { chain: { name: chainNames.clusterIPsCheck }, rules: families.flatMap(clusterIPsRules) },
  ];
}

function serviceRules(family: Family, settings: TableSettings): readonly Rule[] {
  const names = setNames(family);
  return [
    ...masqueradeRules(family, settings),
    ...countAddressRules(family, settings),
    ...lookups([lookup(addressKey(family), names.services)], settings),
    ...countNodePortRules(family, toNodePortAddress(family, settings), settings),
    ...lookups([...toNodePortAddress(family, settings), lookup(nodePortKey, names.nodePorts)], settings),
  ];
}

/** Traffic to cluster IPs that does not come from a local pod is masqueraded: only this node knows the way back. */
function masqueradeRules(family: Family, settings: TableSettings): readonly Rule[] {
  const toClusterIP = inSet(destination(family), setNames(family).clusterIPs);
  if (settings.masqueradeAll) return [[toClusterIP, jump(chainNames.mark)]];
  const detector = settings.localPods[family];
  return detector === undefined ? [] : [[toClusterIP, isFromLocalPod(detector, family, '!='), jump(chainNames.mark)]];
}

/** Node ports are never open on loopback: it would take `route_localnet`, which opens a node's own services (CVE-2020-8558). */
function toNodePortAddress(family: Family, settings: TableSettings): Rule {
  if (settings.nodePorts[family].kind === 'listed') {
    return [inSet(destination(family), setNames(family).nodePortIPs)];
  }
  const loopback = family === 'IPv4' ? '127.0.0.0/8' : '::1';
  return [
    match(destination(family), { kind: 'value', value: loopback }, '!='),
    match({ kind: 'fib', address: 'daddr', result: 'type' }, { kind: 'value', value: 'local' }),
  ];
}

function firewallRule(family: Family): Rule {
  const names = setNames(family);
  return [
    inSet(addressKey(family), names.firewalled),
    inSet(addressAndSourceKey(family), names.allowedSources, '!='),
    drop,
  ];
}

function noEndpointsRule(family: Family): Rule {
  return [lookup(addressKey(family), setNames(family).noEndpoints)];
}

/** What is still addressed to a cluster IP after NAT has a wrong port or protocol; an unallocated one would loop. */
function clusterIPsRules(family: Family): readonly Rule[] {
  const names = setNames(family);
  return [
    [inSet(destination(family), names.clusterIPs), reject],
    [inSet(destination(family), names.serviceCIDRs), drop],
  ];
}

/**
 * The chains that netfilter calls. Priorities are part of what other software may rely on: DNAT at -100 as kube-proxy
 * has it, source ranges before it at -110, checks at the filter priority 0.
 */
export function baseChains(settings: TableSettings): readonly FilledChain[] {
  const check = (chain: string): Rule => [isNew, jump(chain)];
  const { firewall, noEndpointsCheck, noEndpointNodePortsCheck, clusterIPsCheck, services } = chainNames;
  const filter = (
    name: string,
    hook: NonNullable<Chain['base']>['hook'],
    priority: number,
    ...rules: readonly Rule[]
  ): FilledChain => ({ chain: { name, base: { type: 'filter', hook, priority } }, rules });
  const nat = (
    name: string,
    hook: NonNullable<Chain['base']>['hook'],
    priority: number,
    ...rules: readonly Rule[]
  ): FilledChain => ({ chain: { name, base: { type: 'nat', hook, priority } }, rules });
  return [
    filter('filter-prerouting', 'prerouting', -110, check(firewall)),
    filter('filter-output-pre-dnat', 'output', -110, check(firewall)),
    nat('nat-prerouting', 'prerouting', -100, [jump(services)]),
    nat('nat-output', 'output', -100, [jump(services)]),
    filter('filter-input', 'input', 0, check(noEndpointNodePortsCheck), check(noEndpointsCheck)),
    filter('filter-forward', 'forward', 0, check(noEndpointsCheck), check(clusterIPsCheck)),
    filter('filter-output', 'output', 0, check(noEndpointsCheck), check(clusterIPsCheck)),
    nat('nat-postrouting', 'postrouting', 100, ...countEndpointRules(settings), ...postroutingRules(settings)),
    // Connections to endpoints in the node's own network that come from outside end here.
    ...(settings.counters === 'endpoints' ? [nat('nat-input', 'input', 100, ...countEndpointRules(settings))] : []),
  ];
}

function postroutingRules(settings: TableSettings): readonly Rule[] {
  const mask = settings.masqueradeMark;
  const marked = match({ kind: 'meta', key: 'mark' }, { kind: 'bits', mask }, '!=');
  const masquerade = { kind: 'masquerade' } as const;
  return [
    // The mark is cleared: a tunnel's outer packet inherits it and would be masqueraded again.
    [marked, { kind: 'mark-xor', mask }, masquerade],
    ...settings.families.map((family): Rule => [
      isDestinationNatted,
      inSet(hairpinKey(family), setNames(family).hairpin),
      masquerade,
    ]),
  ];
}

/** The steps that make a table without base chains: it takes no part in traffic yet. */
export function skeletonOperations(settings: TableSettings): readonly Operation[] {
  return [
    { op: 'add-table' },
    ...skeletonSets(settings).map((set): Operation => ({ op: 'add-set', set })),
    ...skeletonChains(settings).flatMap(fill),
    ...shardOperations(settings),
  ];
}

/** The steps that put a filled table into service. */
export function activationOperations(settings: TableSettings): readonly Operation[] {
  return baseChains(settings).flatMap(fill);
}

/** The steps that make a chain and fill it. */
function fill({ chain, rules }: FilledChain): readonly Operation[] {
  return [{ op: 'add-chain', chain }, ...rules.map((rule): Operation => ({ op: 'add-rule', chain: chain.name, rule }))];
}
