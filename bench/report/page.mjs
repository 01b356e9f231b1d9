import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cases } from '../cases/index.mjs';
import { markdownTable, reachTable } from './markdown.mjs';
import { plotSvg } from './plot.mjs';

/** @typedef {ReturnType<typeof import('./machine.mjs').describeMachine>} Machine */
/** @typedef {{ machine: Machine, quick: boolean, figures: Record<string, any> }} Results */

const folder = fileURLToPath(new URL('../../docs/performance/', import.meta.url));
const page = fileURLToPath(new URL('../../docs/performance.md', import.meta.url));

/**
 * Brings docs/performance.md, its plots and its figures up to date. Cases that were not run keep what they had.
 *
 * @param {Results} results
 */
export function writePage({ machine, figures }) {
  mkdirSync(folder, { recursive: true });
  const file = `${folder}figures.json`;
  const known = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { figures: {} };
  const all = { machine, figures: { ...known.figures, ...figures } };
  writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`);
  const present = cases.filter(({ name }) => all.figures[name] !== undefined);
  for (const one of present) {
    for (const plot of one.plots(all.figures[one.name])) writeFileSync(`${folder}${plot.file}.svg`, plotSvg(plot));
  }
  let text = readFileSync(page, 'utf8');
  const reaches = present.flatMap((one) => one.reaches(all.figures[one.name]));
  text = between(text, 'targets', markdownTable(reachTable(reaches)));
  text = between(text, 'machine', machineText(machine));
  for (const one of present) {
    const tables = one.tables(all.figures[one.name]).map((table) => `**${table.title}**\n\n${markdownTable(table)}`);
    const plots = one
      .plots(all.figures[one.name])
      .map(({ file: name, title }) => `![${title}](performance/${name}.svg)`);
    text = between(text, one.name, [...tables, ...plots].join('\n\n'));
  }
  writeFileSync(page, text);
}

/**
 * Replaces what stands between the two comments of a part of the page.
 *
 * @param {string} text
 * @param {string} part
 * @param {string} content
 */
function between(text, part, content) {
  const begin = `<!-- bench:${part} -->`;
  const end = `<!-- /bench:${part} -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no ${begin} … ${end}`);
  return `${text.slice(0, from + begin.length)}\n\n${content}\n\n${text.slice(to)}`;
}

/** @param {Machine} machine */
function machineText({ cpu, cpus, memoryGB, kernel, nft, node, date }) {
  return `Measured on ${date.slice(0, 10)}: ${cpus} CPUs (${cpu}), ${memoryGB} GB of memory, Linux ${kernel}, ${nft}, Node ${node}.`;
}
