import { contributionOf } from './contribution.mjs';
import { fixedOperations, table } from './fixed.mjs';

/** @typedef {import('@nftproxier/core').PlanChange} PlanChange */
/** @typedef {import('./contribution.mjs').Contribution} Contribution */

/** Names, which kube-proxy reads before every sync. */
export const listing = ['--json', '--terse', 'list', 'table', 'ip', 'kube-proxy'];

/**
 * Writes plans the way kube-proxy 1.36 does in nftables mode, for comparison. Each operation is a line of the script, as
 * kube-proxy counts them. Only what it has nft and the kernel do is here: that it computes the elements of all Services
 * again at every sync, and parses the listing, is left out, in its favour.
 */
export class KubeProxy {
  /** @type {Map<string, Contribution>} */
  #written = new Map();
  /** @type {Set<string>} */
  #stale = new Set();
  #podCIDR;
  #isFirst = true;

  /** @param {string} podCIDR */
  constructor(podCIDR) {
    this.#podCIDR = podCIDR;
  }

  /**
   * The transaction of a sync: a full one at first, then only what changed.
   *
   * @param {readonly PlanChange[]} changes
   * @returns {string[]}
   */
  sync(changes) {
    const fixed = this.#isFirst ? fixedOperations(this.#podCIDR) : [];
    this.#isFirst = false;
    const steps = changes.map((change) => this.#change(change));
    return [
      ...fixed,
      ...steps.flatMap(({ sets }) => sets),
      ...steps.flatMap(({ chains }) => chains),
      ...steps.flatMap(({ rules }) => rules),
      ...steps.flatMap(({ removed }) => removed),
      ...steps.flatMap(({ added }) => added),
      ...steps.flatMap(({ dropped }) => dropped),
    ];
  }

  /** A later transaction, on its own: chains that earlier syncs emptied. */
  cleanup() {
    const operations = [...this.#stale].map((chain) => `delete chain ${table} ${chain}`);
    this.#stale.clear();
    return operations;
  }

  /** @param {PlanChange} change */
  #change({ service, plan }) {
    const before = this.#written.get(service) ?? contributionOf(undefined, this.#podCIDR);
    const after = contributionOf(plan, this.#podCIDR);
    if (plan === undefined) this.#written.delete(service);
    else this.#written.set(service, after);
    const gone = [...before.chains.keys()].filter((name) => !after.chains.has(name));
    for (const name of gone) this.#stale.add(name);
    for (const name of after.chains.keys()) this.#stale.delete(name);
    // Chains of a Service that changed are written anew whether or not they differ.
    return {
      sets: [...after.sets].flatMap(([name, body]) =>
        before.sets.has(name) ? [] : [`add set ${table} ${name} { ${body} }`],
      ),
      chains: [...after.chains.keys()].flatMap((name) => [
        `add chain ${table} ${name}`,
        `flush chain ${table} ${name}`,
      ]),
      rules: [
        ...[...after.chains].flatMap(([name, rules]) => rules.map((rule) => `add rule ${table} ${name} ${rule}`)),
        ...gone.map((name) => `flush chain ${table} ${name}`),
      ],
      removed: differing(before.elements, after.elements).map(([key]) => `delete element ${table} ${key} }`),
      added: differing(after.elements, before.elements).map(([key, rest]) => `add element ${table} ${key}${rest} }`),
      dropped: [...before.sets.keys()].flatMap((name) => (after.sets.has(name) ? [] : [`delete set ${table} ${name}`])),
    };
  }
}

/**
 * @param {Map<string, string>} of
 * @param {Map<string, string>} from
 */
function differing(of, from) {
  return [...of].filter(([key, rest]) => from.get(key) !== rest);
}
