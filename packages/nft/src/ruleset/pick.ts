import { balancingDefaults } from '@nftproxier/core';
import type { Algorithm, Family, Protocol } from '@nftproxier/core';
import type { Rule, Statement } from '../syntax/index.js';
import { chosenSlot, headerOf, slotKey, source } from './keys.js';
import type { SlotChoice } from './keys.js';
import { chainNames, digitOf, prefixOf, slotMapName, wordOf } from './names.js';
import type { List, SlotKey } from './names.js';
import type { LocalPodDetector, TableSettings } from './settings.js';
import { goto, jump, lookups, match } from './statements.js';

/**
 * A chain that all service ports of a kind with the same number of slots share. Made when first needed, and kept. With
 * `choice`, a slot is not drawn at random.
 */
export type SharedChain = { readonly choice?: SlotChoice } &
  /** Rewrites the destination to one of `count` slots. */
  (
    | {
        readonly kind: 'pick';
        readonly key: SlotKey;
        readonly list: List;
        readonly count: number;
        readonly protocol: Protocol;
        readonly family: Family;
      }
    /** `externalTrafficPolicy: Cluster`: masquerade, then pick. */
    | {
        readonly kind: 'external';
        readonly key: SlotKey;
        readonly count: number;
        readonly protocol: Protocol;
        readonly family: Family;
      }
    /** `externalTrafficPolicy: Local`: `count` endpoints for this node's pods and the node itself, `localCount` for others. */
    | {
        readonly kind: 'external-local';
        readonly key: SlotKey;
        readonly count: number;
        readonly localCount: number;
        readonly protocol: Protocol;
        readonly family: Family;
      }
  );

/** How slots are chosen by an algorithm; undefined: at random. */
export function choiceOf(algorithm: Algorithm): Extract<SlotChoice, { kind: 'hash' }> | undefined {
  if (algorithm.kind === 'random' || algorithm.kind === 'weighted') return undefined;
  return { kind: 'hash', hashKey: algorithm.hashKey, seed: algorithm.seed };
}

/** The name of a shared chain, e.g. `pick-tcp4-3`, `pick-client-tcp4-251`. A seed that is not the usual one is in it. */
export function sharedChainName(chain: SharedChain): string {
  const { key, count, protocol, family, choice } = chain;
  const kind = `${choiceWords(choice)}${wordOf(protocol)}${digitOf(family)}-${String(count)}`;
  switch (chain.kind) {
    case 'pick':
      return `${prefixOf(key, chain.list)}pick-${kind}`;
    case 'external':
      return `${prefixOf(key, 'cluster')}external-${kind}`;
    case 'external-local':
      return `${prefixOf(key, 'cluster')}external-local-${kind}-${String(chain.localCount)}`;
  }
}

/** Whether a name is one that {@link sharedChainName} gives: such a chain is kept when no service needs it any more. */
export function isSharedChainName(name: string): boolean {
  return /^(nodeport-)?((local-)?pick|external(-local)?)-(client-(port-)?([\da-f]+-)?)?(tcp|udp|sctp)[46]-\d+(-\d+)?$/.test(
    name,
  );
}

/** Whether a name is that of a shared chain in which a hash of the client chooses the slot. */
export function isHashedChainName(name: string): boolean {
  return isSharedChainName(name) && name.includes('-client-');
}

function choiceWords(choice: SlotChoice | undefined): string {
  if (choice?.kind !== 'hash') return '';
  const key = choice.hashKey === 'client' ? 'client-' : 'client-port-';
  return choice.seed === balancingDefaults.hashSeed ? key : `${key}${choice.seed.toString(16)}-`;
}

/** The chains a shared chain leads to, the nearest first. */
export function leadsTo(chain: SharedChain): readonly SharedChain[] {
  const { key, count, protocol, family, choice } = chain;
  const pick = (list: List, size: number): SharedChain => {
    const plain = { kind: 'pick', key, list, count: size, protocol, family } as const;
    // One slot is no choice: all algorithms share that chain.
    return choice === undefined || size === 1 ? plain : { ...plain, choice };
  };
  switch (chain.kind) {
    case 'pick':
      return count === 1 ? [] : [pick(chain.list, 1)];
    case 'external':
      return [pick('cluster', count)];
    case 'external-local':
      return [pick('cluster', count), ...(chain.localCount === 0 ? [] : [pick('local', chain.localCount)])];
  }
}

/** The rules of a shared chain. */
export function sharedChainRules(chain: SharedChain, settings: TableSettings): readonly Rule[] {
  const [first, second] = leadsTo(chain).map(sharedChainName);
  switch (chain.kind) {
    case 'pick':
      // A packet may read its verdict before a commit and its slot after it. Slot 0 is always there.
      return first === undefined ? lookups(pickRule(chain), settings) : [pickRule(chain), [goto(first)]];
    case 'external':
      return [[jump(chainNames.mark)], [goto(first ?? '')]];
    case 'external-local':
      return externalLocalRules(chain.family, first ?? '', second, settings);
  }
}

/**
 * The rules of a chain for `externalTrafficPolicy: Local`. Pods of this node take all endpoints without masquerade and the
 * node itself with it, as if they had gone out to the load balancer and come back; others take the local ones. Without
 * local ones the packet goes on, and the check for services without endpoints drops it.
 */
export function externalLocalRules(
  family: Family,
  cluster: string,
  local: string | undefined,
  settings: TableSettings,
): readonly Rule[] {
  const detector = settings.localPods[family];
  const fromNode: Statement = match(
    { kind: 'fib', address: 'saddr', result: 'type' },
    { kind: 'value', value: 'local' },
  );
  return [
    ...(detector === undefined ? [] : [[isFromLocalPod(detector, family), goto(cluster)]]),
    [fromNode, jump(chainNames.mark)],
    [fromNode, goto(cluster)],
    ...(local === undefined ? [] : [[goto(local)]]),
  ];
}

/** The comparison that is true for packets of this node's pods or, with `!=`, for all others. */
export function isFromLocalPod(detector: LocalPodDetector, family: Family, op: '==' | '!=' = '=='): Statement {
  return detector.kind === 'source'
    ? match(source(family), { kind: 'value', value: detector.cidr }, op)
    : match({ kind: 'meta', key: 'iifname' }, { kind: 'interface', name: detector.name, prefix: detector.prefix }, op);
}

const random = { kind: 'random' } as const;

function pickRule(chain: Extract<SharedChain, { kind: 'pick' }>): Rule {
  const { key, list, count, protocol, family, choice = random } = chain;
  const map = slotMapName(key, list, protocol, family);
  const slot = chosenSlot(choice, count, protocol, family);
  return [{ kind: 'dnat-map', family: headerOf(family), key: slotKey(key, protocol, family, slot), map }];
}
