// Writes api/*.api.md from the built declarations; with --check, only says whether they are current. Needs a build.
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { entryPoints } from './api/entry-points.mjs';
import { reportsOf } from './api/report.mjs';
import { ROOT } from './bootstrap/root.mjs';

const folder = join(ROOT, 'api');
const check = process.argv.includes('--check');
/** @type {Map<string, string>} */
const wanted = new Map();
for (const [specifier, report] of reportsOf(await entryPoints())) {
  wanted.set(`${specifier.replace(/^@nftproxier\//, '').replaceAll('/', '-')}.api.md`, report);
}

await mkdir(folder, { recursive: true });
for (const stale of (await readdir(folder)).filter((name) => !wanted.has(name))) {
  if (check) complain(`api/${stale} is of no entry point`);
  else await rm(join(folder, stale));
}
for (const [name, report] of wanted) {
  const path = join(folder, name);
  const written = await readFile(path, 'utf8').catch(() => '');
  if (written === report) continue;
  if (check) complain(`api/${name} is not what is exported now:\n${difference(written, report)}`);
  else await writeFile(path, report);
}

/** @param {string} problem */
function complain(problem) {
  process.stdout.write(`${problem}\nRun npm run api, and look at what changed.\n`);
  process.exitCode = 1;
}

/**
 * The lines that only one of two texts has.
 *
 * @param {string} before
 * @param {string} after
 */
function difference(before, after) {
  const [old, now] = [before.split('\n'), after.split('\n')];
  const gone = old.filter((line) => !now.includes(line)).map((line) => `- ${line}`);
  const come = now.filter((line) => !old.includes(line)).map((line) => `+ ${line}`);
  const lines = [...gone, ...come];
  return lines.length > 40
    ? [...lines.slice(0, 40), `… and ${lines.length - 40} lines more`].join('\n')
    : lines.join('\n');
}
