import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import process from 'node:process';
import { CACHE, ROOT } from '../bootstrap/root.mjs';
import { run } from '../bootstrap/run.mjs';
import { files, lineAt, textOf } from './files.mjs';

/**
 * Every `ts check` block of the documentation, and every `ts` block of a doc comment of the packages, compiles as a
 * module of its own.
 *
 * @returns {Promise<string[]>} what is wrong
 */
export async function brokenSnippets() {
  const snippets = await collect();
  if (snippets.length === 0) return [];
  await mkdir(CACHE, { recursive: true });
  const folder = await mkdtemp(join(CACHE, 'snippets-'));
  try {
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
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @typedef {{ readonly file: string, readonly line: number, readonly code: string }} Snippet */

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
    for (const match of text.matchAll(/^```ts check[^\n]*\n([\s\S]*?)^```/gm)) {
      snippets.push({ file, line: lineAt(text, match.index), code: match[1] ?? '' });
    }
  }
  for (const file of (await files(/[.]ts$/)).filter((path) => /^packages\/[^/]+\/src\//.test(path))) {
    const text = await textOf(file);
    for (const match of text.matchAll(/^[ \t]*\* ```ts[^\n]*\n([\s\S]*?)^[ \t]*\* ```/gm)) {
      const code = (match[1] ?? '').replaceAll(/^[ \t]*\* ?/gm, '');
      snippets.push({ file, line: lineAt(text, match.index), code });
    }
  }
  return snippets;
}
