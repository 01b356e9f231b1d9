import { IptablesReader, removalScript } from './iptables-save.js';
import type { Programs } from './programs.js';
import { together } from './removal.js';
import type { Removal } from './removal.js';

/** Every kind of iptables a host may have, `iptables` being one of the two others or older than both. */
const kinds = ['iptables-nft', 'ip6tables-nft', 'iptables-legacy', 'ip6tables-legacy', 'iptables', 'ip6tables'];

/**
 * Removes the chains of kube-proxy in iptables and ipvs mode, and the rules that lead to them, with every kind of iptables
 * that is installed. One transaction for each table.
 *
 * @throws {@link ProgramError} if one of the programs fails.
 */
export async function removeIptables(programs: Programs): Promise<Removal> {
  const removals: Removal[] = [];
  for (const kind of kinds) {
    const reader = new IptablesReader();
    const isInstalled = await programs.lines([`${kind}-save`], (line) => {
      reader.line(line);
    });
    if (!isInstalled) continue;
    for (const table of reader.tables) {
      const { script, chains, kept } = removalScript(table);
      const of = `of table ${table.name} of ${kind}`;
      if (script !== '') await programs.lines([`${kind}-restore`, '--noflush', '--wait', '5'], () => undefined, script);
      removals.push({
        removed: chains === 0 ? [] : [`${String(chains)} chains ${of}`],
        kept: kept.map((chain) => `chain ${chain} ${of}, which rules of others lead to`),
        isComplete: true,
      });
    }
  }
  return together(removals);
}
