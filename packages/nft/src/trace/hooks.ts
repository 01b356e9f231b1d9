import type { Chain } from '../syntax/index.js';
import { walkChain } from './chain.js';
import type { Ended } from './chain.js';
import { isLocal } from './packet.js';
import { withStep } from './world.js';
import type { BaseChain, End, Hook, Scene, Step, World } from './world.js';

/** A world at the end of its way. */
export interface Fate {
  readonly world: World;
  readonly end: End;
}

/**
 * Leads a packet through the kernel: prerouting, then input or forward and postrouting, as routing decides by the
 * destination that prerouting left; from a process output and postrouting, and where it stays on the node, prerouting and
 * input once more by way of the loopback interface.
 */
export function walkHooks(scene: Scene, start: World): readonly Fate[] {
  const { arrives } = scene.packet;
  if (arrives.kind === 'interface') {
    const pass = passFrom(scene, arrives.name);
    return then(pass(start, 'prerouting', true), (world) =>
      isLocal(scene.node, world.to)
        ? pass(world, 'input', true)
        : then(pass(world, 'forward', true), (forwarded) => pass(forwarded, 'postrouting', true)),
    );
  }
  const sent = then(passFrom(scene, '')(start, 'output', true), (world) =>
    passFrom(scene, '')(world, 'postrouting', true),
  );
  return then(sent, (world) => {
    if (!isLocal(scene.node, world.to)) return [{ world, end: 'accept' }];
    const pass = passFrom(scene, 'lo');
    // The connection's translation was decided on the way out; nat chains are not asked again.
    return then(pass(world, 'prerouting', false), (looped) => pass(looped, 'input', false));
  });
}

function then(fates: readonly Fate[], next: (world: World) => readonly Fate[]): readonly Fate[] {
  return fates.flatMap((fate) => (fate.end === 'accept' ? next(fate.world) : [fate]));
}

function passFrom(scene: Scene, interfaceName: string) {
  return (start: World, hook: Hook, askNat: boolean): readonly Fate[] =>
    baseChainsOf(scene, hook).reduce<readonly Fate[]>(
      (fates, base) => then(fates, (world) => passChain(base, world, { scene, hook, interfaceName, askNat })),
      [{ world: start, end: 'accept' }],
    );
}

interface Passage {
  readonly scene: Scene;
  readonly hook: Hook;
  readonly interfaceName: string;
  readonly askNat: boolean;
}

function passChain({ table, chain }: BaseChain, world: World, passage: Passage): readonly Fate[] {
  const { scene, hook, interfaceName } = passage;
  const here = { hook, table: table.name, chain: chain.chain.name, matched: false };
  const decidedBefore = chain.chain.base?.type === 'nat' ? reasonNotToAsk(world, passage) : undefined;
  if (decidedBefore !== undefined) {
    return [{ world: withStep(world, { ...here, decided: `not asked: ${decidedBefore}` }), end: 'accept' }];
  }
  return walkChain(chain, world, { scene, hook, table, interfaceName }).map((ended) =>
    endOfBase(ended, chain.chain.base, here),
  );
}

function endOfBase({ world, end }: Ended, base: Chain['base'], here: Omit<Step, 'decided'>): Fate {
  if (end !== 'none') return { world, end };
  const policy = base?.policy ?? 'accept';
  const decided = `${policy === 'accept' ? 'accepted' : 'dropped'} by the policy of the chain`;
  return { world: withStep(world, { ...here, matched: policy === 'drop', decided }), end: policy };
}

// nat chains decide for a connection, by its first packet; the first one that does decides for all.
function reasonNotToAsk(world: World, { scene, hook, askNat }: Passage): string | undefined {
  if (scene.packet.established) return 'the connection was translated by its first packet';
  if (!askNat) return 'the connection was translated on the way out';
  const decided = hook === 'prerouting' || hook === 'output' ? world.dnat : world.masquerade;
  return decided ? 'an earlier chain has decided' : undefined;
}

/** All base chains of a hook in the order the kernel calls them. */
function baseChainsOf({ ruleset, baseChains }: Scene, hook: Hook): readonly BaseChain[] {
  const known = baseChains.get(hook);
  if (known) return known;
  const chains = [...ruleset.tables.values()].flatMap((table) =>
    [...table.chains.values()].filter(({ chain }) => chain.base?.hook === hook).map((chain) => ({ table, chain })),
  );
  chains.sort((a, b) => position(a) - position(b) || priority(a) - priority(b) || a.chain.sequence - b.chain.sequence);
  baseChains.set(hook, chains);
  return chains;
}

// The kernel calls all nat chains of a hook at one place, whatever their priorities, which only order them among themselves.
function position(base: BaseChain): number {
  const { type, hook } = base.chain.chain.base ?? {};
  if (type !== 'nat') return priority(base);
  return hook === 'prerouting' || hook === 'output' ? -100 : 100;
}

function priority({ chain }: BaseChain): number {
  return chain.chain.base?.priority ?? 0;
}
