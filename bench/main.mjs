/**
 * The benchmark. `npm run bench` installs and builds what it needs, then runs this.
 *
 *     node bench/main.mjs [--quick] [--only CASE]... [--output FILE] [--write] [--list]
 *
 * Prints tables, and writes all figures as JSON. `--only` may be given several times, or with several cases and commas
 * between them. `--write` also writes docs/performance: what was left out stays as it is there. A case that fails or takes
 * far too long does not keep the others from being measured; the exit code is then 1.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { patience } from './cases/case.mjs';
import { cases } from './cases/index.mjs';
import { Loaded } from './contestants/loaded.mjs';
import { endGroups } from './measure/groups.mjs';
import { describeMachine } from './report/machine.mjs';
import { plainTable, reachTable } from './report/markdown.mjs';
import { writePage } from './report/page.mjs';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    output: { type: 'string', default: fileURLToPath(new URL('results/bench.json', import.meta.url)) },
    write: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
});
const only = values.only.flatMap((names) => names.split(','));
// What was started has process groups of its own, which a terminal's signals do not reach.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.once(signal, () => {
    endGroups();
    process.exit(130);
  });
}
process.on('exit', endGroups);

const unknown = only.filter((name) => !cases.some((one) => one.name === name));
if (values.list) list();
else if (unknown.length > 0) fail(`no such case: ${unknown.join(', ')}; --list shows them all`);
else if (process.getuid?.() !== 0)
  fail('the benchmark makes network namespaces and loads large tables: run it as root');
else
  await measure(
    cases.filter(({ name, seconds }) => (only.length > 0 ? only.includes(name) : seconds.quick || !values.quick)),
  );

/** @param {typeof cases} chosen */
async function measure(chosen) {
  /** @type {Record<string, unknown>} */
  const figures = {};
  const say = (/** @type {string} */ line) => process.stderr.write(`bench: ${line} …\n`);
  const began = performance.now();
  const loaded = new Loaded();
  for (const one of chosen) {
    try {
      figures[one.name] = await within(one, { quick: values.quick, say, known: figures, loaded });
    } catch (error) {
      process.exitCode = 1;
      say(`${one.name} is left out: ${error instanceof Error ? error.message : String(error)}`);
      continue;
    }
    for (const table of one.tables(figures[one.name])) process.stdout.write(`${plainTable(table)}\n`);
  }
  await loaded.close();
  const measured = chosen.filter(({ name }) => figures[name] !== undefined);
  const reaches = measured.flatMap((one) => one.reaches(figures[one.name]));
  process.stdout.write(`${plainTable(reachTable(reaches))}\n`);
  const missing = cases.filter((one) => !measured.includes(one)).map(({ name }) => name);
  if (missing.length > 0) process.stdout.write(`Not measured in this run: ${missing.join(', ')}.\n`);
  if (values.quick) process.stdout.write('30,000 and 100,000 Services are measured without --quick.\n');
  process.stdout.write(`It took ${Math.round((performance.now() - began) / 1_000)} s.\n`);
  const results = { machine: describeMachine(), quick: values.quick, figures };
  const output = resolve(values.output);
  mkdirSync(dirname(output), { recursive: true });
  writeFileSync(output, `${JSON.stringify({ ...results, reaches }, null, 2)}\n`);
  process.stdout.write(`All figures: ${output}\n`);
  if (values.write) writePage(results);
}

/**
 * Runs a case, for a limited time.
 *
 * @param {typeof cases[number]} one
 * @param {import('./cases/case.mjs').Run} run
 */
async function within({ name, seconds, run: measureCase }, run) {
  const limit = patience * ((run.quick ? seconds.quick : undefined) ?? seconds.full);
  let isOver = false;
  const timer = setTimeout(() => {
    isOver = true;
    endGroups();
  }, limit * 1_000);
  try {
    return await measureCase(run);
  } catch (error) {
    throw isOver ? new Error(`${name} was not done after ${limit} s`) : error;
  } finally {
    clearTimeout(timer);
  }
}

function list() {
  const minutes = (/** @type {number | undefined} */ seconds) =>
    seconds === undefined ? '–' : seconds < 100 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
  const sum = (/** @type {'quick' | 'full'} */ of) => cases.reduce((all, { seconds }) => all + (seconds[of] ?? 0), 0);
  const line = (/** @type {readonly string[]} */ [name = '', quick = '', full = '', title = '']) =>
    process.stdout.write(`${name.padEnd(12)} ${quick.padStart(8)} ${full.padStart(8)}  ${title}\n`);
  line(['', '--quick', 'full', 'about how long it takes on two quiet processors']);
  for (const { name, seconds, title } of cases) line([name, minutes(seconds.quick), minutes(seconds.full), title]);
  line(['all', minutes(sum('quick')), minutes(sum('full'))]);
}

/** @param {string} message */
function fail(message) {
  process.stderr.write(`bench: ${message}\n`);
  process.exitCode = 2;
}
