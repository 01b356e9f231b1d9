import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import process from 'node:process';
import { CACHE, ROOT } from '../bootstrap/root.mjs';
import { run } from '../bootstrap/run.mjs';
import { files, lineAt, textOf } from './files.mjs';
import { failedSnippets } from './running.mjs';

/**
 * Every `ts check` and `ts run` block of the documentation, and every `ts` block of a doc comment of the packages,
 * compiles as a module of its own; those of doc comments and `ts run` blocks run too, and what they say a value is, it is.
 * A block of a doc comment that needs the world outside is marked `ts check`, and only compiled.
 *
 * @returns {Promise<string[]>} what is wrong
 */
export async function brokenSnippets() {
  const snippets = await collect();
  if (snippets.length === 0) return [];
  await mkdir(CACHE, { recursive: true });
  const folder = await mkdtemp(join(CACHE, 'snippets-'));
  try {
    const wrong = await uncompiled(snippets, folder);
    return wrong.length > 0 ? wrong : await failedSnippets(snippets, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * @param {readonly Snippet[]} snippets
 * @param {string} folder
 * @returns {Promise<string[]>} the compiler's complaints
 */
async function uncompiled(snippets, folder) {
  for (const [index, { code }] of snippets.entries()) {
    await writeFile(join(folder, `${index}.ts`), `${code}\nexport {};\n`);
  }
  const config = {
    extends: relative(folder, join(ROOT, 'tsconfig.check.json')),
    // An example shows a value and stops there.
    compilerOptions: { noUnusedLocals: false, noUnusedParameters: false },
    include: ['*.ts'],
    exclude: [],
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const { code, output } = await run([process.execPath, tsc, '-p', '.', '--pretty', 'false'], { cwd: folder });
  if (code === 0) return [];
  return output
    .split('\n')
    .filter(Boolean)
    .map((line) => line.replace(/^(\d+)[.]ts\((\d+),\d+\)/, (_, index, row) => place(snippets[index], Number(row))));
}

/**
 * @typedef {object} Snippet
 * @property {string} file
 * @property {number} line of the block's first line
 * @property {string} code
 * @property {boolean} runs whether it is run, not only compiled
 */

/**
 * @param {Snippet | undefined} snippet
 * @param {number} row
 */
function place(snippet, row) {
  return `${snippet?.file}:${(snippet?.line ?? 0) + row}`;
}

/** @returns {Promise<Snippet[]>} */
async function collect() {
  const snippets = [];
  for (const file of await files(/[.]md$/)) {
    const text = await textOf(file);
    for (const match of text.matchAll(/^```ts (check|run)[^\n]*\n([\s\S]*?)^```/gm)) {
      snippets.push({ file, line: lineAt(text, match.index), code: match[2] ?? '', runs: match[1] === 'run' });
    }
  }
  for (const file of (await files(/[.]ts$/)).filter((path) => /^packages\/[^/]+\/src\//.test(path))) {
    const text = await textOf(file);
    for (const match of text.matchAll(/^[ \t]*\* ```ts( check)?[^\n]*\n([\s\S]*?)^[ \t]*\* ```/gm)) {
      const code = (match[2] ?? '').replaceAll(/^[ \t]*\* ?/gm, '');
      snippets.push({ file, line: lineAt(text, match.index), code, runs: match[1] === undefined });
    }
  }
  return snippets;
}
