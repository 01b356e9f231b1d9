import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { entryPoints } from '../api/entry-points.mjs';
import { ROOT } from '../bootstrap/root.mjs';
import { run } from '../bootstrap/run.mjs';

/** `expression; // => value`: what an example says that a value is. */
const SAYS = /^([ \t]*)(?!const |let |import )(\S.*?);[ \t]*\/\/ => (.+)$/gm;

/** `const name = expression; // => value` says it of the name. */
const NAMED = /^([ \t]*)const (\w+)(.*);[ \t]*\/\/ => (.+)$/gm;

/**
 * Runs the snippets that are to run, on the built packages, one after the other in one process.
 *
 * @param {readonly import('./snippets.mjs').Snippet[]} snippets
 * @param {string} folder for what is made of them
 * @returns {Promise<string[]>} what is wrong
 */
export async function failedSnippets(snippets, folder) {
  const built = new Map(
    (await entryPoints()).map(({ specifier, types }) => [specifier, join(ROOT, types.replace(/[.]d[.]ts$/, '.js'))]),
  );
  /** @type {{ readonly at: string, readonly file: string }[]} */
  const runs = [];
  for (const [index, snippet] of snippets.entries()) {
    if (!snippet.runs) continue;
    const file = join(folder, `${index}.mjs`);
    await writeFile(file, programOf(snippet.code, built));
    runs.push({ at: `${snippet.file}:${snippet.line}`, file: pathToFileURL(file).href });
  }
  const main = join(folder, 'run.mjs');
  await writeFile(main, `${HARNESS}\nawait play(${JSON.stringify(runs)});\n`);
  const { code, output } = await run([process.execPath, main], { cwd: folder, timeoutMs: 120_000 });
  if (code === 0) return [];
  return [output.trimEnd()];
}

/** Prints nothing of examples that do what they say. */
const HARNESS = `
async function play(runs) {
  console.log = () => undefined;
  for (const { at, file } of runs) {
    try {
      await import(file);
    } catch (error) {
      process.stdout.write(\`\${at}: the example fails: \${error?.message ?? error}\\n\`);
      process.exitCode = 1;
    }
  }
}`;

/**
 * @param {string} code
 * @param {ReadonlyMap<string, string>} built the file of each entry point
 */
function programOf(code, built) {
  const asserted = code
    .replaceAll(NAMED, '$1const $2$3; $$is($2, $4);')
    .replaceAll(SAYS, (_, indent, expression, value) => `${indent}$is(${expression}, ${value});`);
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 };
  const { outputText } = ts.transpileModule(asserted, { compilerOptions: options });
  const resolved = outputText.replaceAll(/(from\s+)(['"])(@nftproxier\/[^'"]+)\2/g, (_, from, __, specifier) => {
    const file = built.get(specifier);
    if (file === undefined) throw new Error(`an example imports ${specifier}, which is no entry point`);
    return `${from}${JSON.stringify(pathToFileURL(file).href)}`;
  });
  return `import { deepStrictEqual as $is } from 'node:assert';\n${resolved}`;
}
