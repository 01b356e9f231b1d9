/**
 * The benchmark. `npm run bench` installs and builds what it needs, then runs this.
 *
 *     node bench/main.mjs [--quick] [--only CASE]... [--output FILE] [--write] [--list]
 *
 * Prints tables, and writes all figures as JSON. `--write` also writes docs/performance: what `--only` left out stays as
 * it is there.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cases } from './cases/index.mjs';
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
const unknown = values.only.filter((name) => !cases.some((one) => one.name === name));
if (values.list) for (const { name, title } of cases) process.stdout.write(`${name.padEnd(16)} ${title}\n`);
else if (unknown.length > 0) fail(`no such case: ${unknown.join(', ')}; --list shows them all`);
else if (process.getuid?.() !== 0)
  fail('the benchmark makes network namespaces and loads large tables: run it as root');
else
  await measure(
    cases.filter(({ name, quick }) => (values.only.length > 0 ? values.only.includes(name) : quick || !values.quick)),
  );

/** @param {typeof cases} chosen */
async function measure(chosen) {
  /** @type {Record<string, unknown>} */
  const figures = {};
  const say = (/** @type {string} */ line) => process.stderr.write(`bench: ${line} …\n`);
  for (const one of chosen) {
    figures[one.name] = await one.run({ quick: values.quick, say });
    for (const table of one.tables(figures[one.name])) process.stdout.write(`${plainTable(table)}\n`);
  }
  const reaches = chosen.flatMap((one) => one.reaches(figures[one.name]));
  process.stdout.write(`${plainTable(reachTable(reaches))}\n`);
  const results = { machine: describeMachine(), quick: values.quick, figures };
  const output = resolve(values.output);
  mkdirSync(dirname(output), { recursive: true });
  writeFileSync(output, `${JSON.stringify({ ...results, reaches }, null, 2)}\n`);
  process.stdout.write(`All figures: ${output}\n`);
  if (values.write) writePage(results);
}

/** @param {string} message */
function fail(message) {
  process.stderr.write(`bench: ${message}\n`);
  process.exitCode = 2;
}
