/** What is remembered of a table of iptables. */
export interface SavedTable {
  /** `nat`, `filter` or `mangle`. */
  readonly name: string;
  /** The chains of kube-proxy in it, each with those of them that its rules lead to. */
  readonly chains: ReadonlyMap<string, ReadonlySet<string>>;
  /** Rules of built-in chains that lead to them, as saved without the `-A`. */
  readonly jumps: readonly string[];
  /** Chains of kube-proxy that rules in chains of others lead to. */
  readonly usedByOthers: ReadonlySet<string>;
}

/**
 * The names of kube-proxy's chains, exactly. KUBE-FIREWALL, KUBE-KUBELET-CANARY, KUBE-IPTABLES-HINT and KUBE-MARK-DROP are
 * the kubelet's; chains of network plugins have other names.
 */
const names: Readonly<Record<string, RegExp>> = {
  nat: /^KUBE-(?:SERVICES|NODEPORTS|POSTROUTING|MARK-MASQ|NODE-PORT|LOAD-BALANCER|PROXY-CANARY|(?:SVC|SVL|SEP|EXT|FW|XLB)-[A-Z0-9]{16})$/u,
  filter:
    /^KUBE-(?:SERVICES|EXTERNAL-SERVICES|NODEPORTS|FORWARD|PROXY-FIREWALL|NODE-PORT|SOURCE-RANGES-FIREWALL|IPVS-FILTER|IPVS-OUT-FILTER|PROXY-CANARY)$/u,
  mangle: /^KUBE-PROXY-CANARY$/u,
};

const builtIn = new Set(['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING']);

interface OpenTable extends SavedTable {
  readonly chains: Map<string, Set<string>>;
  readonly jumps: string[];
  readonly usedByOthers: Set<string>;
}

/** Reads what `iptables-save` prints, line by line, and remembers what concerns kube-proxy's chains. */
export class IptablesReader {
  readonly #tables: OpenTable[] = [];
  #open: OpenTable | undefined;
  #isOurs: RegExp | undefined;

  /** The tables read so far that have chains of kube-proxy. */
  get tables(): readonly SavedTable[] {
    return this.#tables.filter(({ chains }) => chains.size > 0);
  }

  line(line: string): void {
    if (line.startsWith('*')) this.#begin(line.slice(1).trim());
    else if (line.startsWith(':')) this.#chain(line.slice(1).split(' ', 1)[0] ?? '');
    else if (line.startsWith('-A ')) this.#rule(line.slice(3));
  }

  #begin(name: string): void {
    this.#isOurs = Object.hasOwn(names, name) ? names[name] : undefined;
    this.#open = { name, chains: new Map(), jumps: [], usedByOthers: new Set() };
    this.#tables.push(this.#open);
  }

  #chain(name: string): void {
    if (this.#isOurs?.test(name) === true) this.#open?.chains.set(name, new Set());
  }

  #rule(rule: string): void {
    if (this.#open === undefined) return;
    const { chains, jumps, usedByOthers } = this.#open;
    const [chain = ''] = rule.split(' ', 1);
    const target = targetOf(rule);
    if (target === undefined || !chains.has(target)) return;
    if (chains.has(chain)) chains.get(chain)?.add(target);
    else if (builtIn.has(chain)) jumps.push(rule);
    else usedByOthers.add(target);
  }
}

/** The chain a rule leads to. What is in quotes is a comment, which may say anything. */
function targetOf(rule: string): string | undefined {
  return / -[jg] (\S+)/u.exec(rule.replaceAll(/"(?:[^"\\]|\\.)*"/gu, '""'))?.[1];
}

/** How a table's chains of kube-proxy are removed. */
export interface ChainRemoval {
  /** For `iptables-restore --noflush`; empty where there is nothing to remove. */
  readonly script: string;
  /** How many chains go. */
  readonly chains: number;
  /** Chains that stay, because others use them or chains that lead to them. */
  readonly kept: readonly string[];
}

/** One transaction: rules of built-in chains that lead to kube-proxy's chains go, then the chains. */
export function removalScript({ name, chains, jumps, usedByOthers }: SavedTable): ChainRemoval {
  const kept = reachable(usedByOthers, chains);
  const going = [...chains.keys()].filter((chain) => !kept.has(chain));
  if (going.length === 0) return { script: '', chains: 0, kept: [...kept] };
  const lines = [
    `*${name}`,
    // Named so, a chain is emptied; then no rule leads to any of them.
    ...going.map((chain) => `:${chain} - [0:0]`),
    ...jumps.filter((rule) => !kept.has(targetOf(rule) ?? '')).map((rule) => `-D ${rule}`),
    ...going.map((chain) => `-X ${chain}`),
    'COMMIT',
  ];
  return { script: `${lines.join('\n')}\n`, chains: going.length, kept: [...kept] };
}

function reachable(from: Iterable<string>, edges: ReadonlyMap<string, ReadonlySet<string>>): ReadonlySet<string> {
  const found = new Set(from);
  for (const chain of found) for (const next of edges.get(chain) ?? []) found.add(next);
  return found;
}
