/** @typedef {import('node:inspector').Profiler.Profile} Profile */

/** What a folder of sources does, in the order of the flow; the first that matches counts. */
const phases = /** @type {const} */ ([
  [
    'receive',
    /\/daemon\/dist\/(reflector|sources)\/|^node:(_?http|_?stream|internal\/(streams|http|webstreams)|net|string_decoder)/,
  ],
  ['plan', /\/core\/dist\/|\/daemon\/dist\/sync\/cluster/],
  ['diff', /\/nft\/dist\/(table|delta|slots|ruleset|load)\//],
  ['render', /\/nft\/dist\/(render|syntax)\//],
  ['run nft', /\/nft\/dist\/run\/|node_modules\/execa|^node:(child_process|internal\/child_process)/],
  [
    'observe',
    /\/daemon\/dist\/(observe|metrics|health|http|events|host|sync)\/|\/nft\/dist\/conntrack\/|node_modules\/(prom-client|pino)/,
  ],
  [
    'start',
    /\/daemon\/dist\/|node_modules\/|^node:internal\/(modules|bootstrap|process|vm|source_map|url|fs)|^node:fs/,
  ],
]);

/**
 * CPU time of this process in milliseconds by phase. Time in functions of the engine, such as JSON.parse, counts where
 * they were called from; waiting is left out.
 *
 * @param {Profile} profile
 * @param {{ from: number, to: number }} [within] milliseconds of the clock that never jumps
 * @returns {Record<string, number>}
 */
export function phasesOf({ nodes, samples = [], timeDeltas = [], startTime }, { from, to } = always) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  /** @type {Map<number, string>} */
  const known = new Map();
  /** @param {number | undefined} id @returns {string} */
  const phaseOf = (id) => {
    const node = id === undefined ? undefined : byId.get(id);
    if (id === undefined || node === undefined) return 'other';
    const found = known.get(id) ?? ownPhase(node.callFrame) ?? phaseOf(parents.get(id));
    known.set(id, found);
    return found;
  };
  /** @type {Record<string, number>} */
  const totals = {};
  let now = startTime;
  for (const [at, id] of samples.entries()) {
    now += timeDeltas[at] ?? 0;
    if (now / 1_000 < from || now / 1_000 > to) continue;
    const phase = phaseOf(id);
    if (phase !== 'idle') totals[phase] = (totals[phase] ?? 0) + (timeDeltas[at + 1] ?? 0) / 1_000;
  }
  return totals;
}

const always = { from: -Infinity, to: Infinity };

/** @param {import('node:inspector').Runtime.CallFrame} frame */
function ownPhase({ functionName, url }) {
  if (functionName === '(idle)' || functionName === '(program)') return 'idle';
  if (functionName === '(garbage collector)') return 'garbage collection';
  return phases.find(([, pattern]) => pattern.test(url))?.[0];
}
