/**
 * The first list of a large cluster, by our reflectors and by client-node: longest block of the event loop, CPU time and
 * peak memory, each subject in a process of its own, against a stand-in API server in yet another.
 *
 *     node bench/reflector/run.mjs [--services 10000] [--endpoints 10] [--rounds 5]
 *
 * Runs what `tsc -b packages/daemon test/api-server` compiled.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';

const { values } = parseArgs({
  options: {
    services: { type: 'string', default: '10000' },
    endpoints: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '5' },
  },
});
const run = promisify(execFile);
/** @param {string} path relative to this file */
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const subjects = [
  { name: 'ours, WatchList', script: 'ours.mjs', args: ['watch-list'] },
  { name: 'ours, paged LIST', script: 'ours.mjs', args: ['list'] },
  { name: 'client-node typed list', script: 'client-node-list.mjs', args: [] },
  { name: 'client-node informer', script: 'client-node-informer.mjs', args: [] },
];
const columns = /** @type {const} */ (['blockMs', 'cpuMs', 'wholeCpuMs', 'peakMB', 'wallMs']);

const server = spawn(
  process.execPath,
  [
    '--max-old-space-size=4096',
    here('../../test/api-server/dist/main.js'),
    ...['--services', values.services, '--slices', '1', '--endpoints', values.endpoints],
  ],
  { stdio: ['pipe', 'pipe', 'inherit'] },
);
const ended = once(server, 'close');
try {
  const [line] = await once(createInterface({ input: server.stdout }), 'line');
  const { url } = JSON.parse(String(line));
  /** @type {Map<string, Record<string, number>[]>} */
  const results = new Map(subjects.map(({ name }) => [name, []]));
  for (let round = 0; round <= Number(values.rounds); round++) {
    for (const { name, script, args } of subjects) {
      const { stdout } = await run(process.execPath, [here(script), url, ...args], { cwd: here('.') });
      const result = JSON.parse(stdout);
      const expected = 2 * Number(values.services);
      if (result.objects !== expected) throw new Error(`${name} got ${result.objects} objects instead of ${expected}`);
      // The first round has the server make its JSON.
      if (round > 0) results.get(name)?.push(result);
    }
  }
  print(results);
} finally {
  server.stdin.end();
  await ended;
}

/** @param {Map<string, Record<string, number>[]>} results */
function print(results) {
  const medians = new Map(
    [...results].map(([name, all]) => [
      name,
      Object.fromEntries(columns.map((key) => [key, median(all.map((r) => r[key] ?? 0))])),
    ]),
  );
  const size = `${values.services} Services, ${values.services} EndpointSlices of ${values.endpoints} endpoints`;
  process.stdout.write(`${size}; median of ${values.rounds}; Node ${process.version}, ${cpus().length} CPUs\n\n`);
  const heads = ['longest block, ms', 'CPU, ms', 'CPU with imports, ms', 'peak memory, MB', 'time, ms'];
  process.stdout.write(`| | ${heads.join(' | ')} |\n|---|${heads.map(() => '---:|').join('')}\n`);
  for (const [name, row] of medians) {
    process.stdout.write(`| ${name} | ${columns.map((key) => (row[key] ?? 0).toFixed(0)).join(' | ')} |\n`);
  }
  const own = medians.get('ours, WatchList');
  for (const other of ['client-node typed list', 'client-node informer']) {
    const ratios = columns.map((key) => `${((medians.get(other)?.[key] ?? 0) / (own?.[key] ?? 1)).toFixed(1)}×`);
    process.stdout.write(`| ${other} ÷ ours, WatchList | ${ratios.join(' | ')} |\n`);
  }
}

/** @param {number[]} numbers */
function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
