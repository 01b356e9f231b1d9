import type { Nft } from '@nftproxier/nft';
import { removeIptables } from './iptables.js';
import { removeIpvs } from './ipvs.js';
import { removeNftTables } from './nft-tables.js';
import type { Programs } from './programs.js';
import { together } from './removal.js';
import type { Removal } from './removal.js';

/** How what kube-proxy left is removed. */
export interface LeftoverOptions {
  readonly nft: Nft;
  readonly programs: Programs;
  /** Also what connections still go through, which then end: ipvs has some of its own. */
  readonly force?: boolean;
}

/** What is removed, in this order: rules first lead to the chains and sets of what follows. */
const kinds: readonly ((options: LeftoverOptions) => Promise<Removal>)[] = [
  ({ nft }) => removeNftTables(nft),
  ({ programs }) => removeIptables(programs),
  ({ programs, force = false }) => removeIpvs(programs, { force }),
];

/** What became of everything that kube-proxy left, and what could not be removed for a reason worth a message. */
export interface LeftoversRemoval extends Removal {
  readonly errors: readonly Error[];
}

/**
 * Removes what kube-proxy left in any of its modes, as far as the tools for it are installed. A kind that fails does not
 * keep the others from being removed.
 */
export async function removeLeftovers(options: LeftoverOptions): Promise<LeftoversRemoval> {
  const removals: Removal[] = [];
  const errors: Error[] = [];
  for (const remove of kinds) {
    try {
      removals.push(await remove(options));
    } catch (error) {
      errors.push(error instanceof Error ? error : new Error(String(error)));
    }
  }
  const removal = together(removals);
  return { ...removal, isComplete: removal.isComplete && errors.length === 0, errors };
}
