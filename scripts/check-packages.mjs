// What npm would publish: packs each package, looks at what is in it, installs all of them into an empty project, and
// uses them there from JavaScript, from TypeScript and from the command line. Needs a build.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import process from 'node:process';
import { pnpm } from './bootstrap/pnpm.mjs';
import { ROOT, readJson } from './bootstrap/root.mjs';
import { run } from './bootstrap/run.mjs';

/** What a tarball may contain. */
const SHIPPED = /^package\/(dist\/.+[.](js|js[.]map|d[.]ts)|package[.]json|README[.]md|LICENSE)$/;

/** What every tarball must contain. */
const NEEDED = ['package/package.json', 'package/README.md', 'package/LICENSE'];

const names = (await readdir(join(ROOT, 'packages'))).sort();
const folder = await mkdtemp(join(tmpdir(), 'nftproxier-packages-'));
/** @type {string[]} */
const problems = [];
try {
  const tarballs = [];
  for (const name of names) tarballs.push(await pack(name));
  if (problems.length === 0) await useThem(tarballs);
} finally {
  await rm(folder, { recursive: true, force: true });
}
for (const problem of problems) process.stdout.write(`${problem.trimEnd()}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;

/**
 * @param {string} name of the folder under packages/
 * @returns {Promise<string>} the tarball
 */
async function pack(name) {
  const destination = join(folder, name);
  await mkdir(destination);
  const cwd = join(ROOT, 'packages', name);
  await demand(`pack ${name}`, [...(await pnpm()), 'pack', '--pack-destination', destination], { cwd });
  const [file] = await readdir(destination);
  if (file === undefined) return '';
  const tarball = join(destination, file);
  const listed = await run(['tar', '-tzf', tarball]);
  const files = listed.output.split('\n').filter(Boolean);
  for (const path of files.filter((path) => !SHIPPED.test(path))) problems.push(`${file} must not contain ${path}`);
  for (const path of NEEDED.filter((path) => !files.includes(path))) problems.push(`${file} does not contain ${path}`);

  await demand(`unpack ${name}`, ['tar', '-xzf', tarball, '-C', destination]);
  const { publint } = await import('publint');
  const { formatMessage } = await import('publint/utils');
  const manifest = JSON.parse(await readFile(join(destination, 'package/package.json'), 'utf8'));
  const { messages } = await publint({ pkgDir: join(destination, 'package'), pack: false, strict: true });
  for (const message of messages)
    problems.push(`publint: ${file}: ${formatMessage(message, manifest, { color: false })}`);

  const attw = join(ROOT, 'node_modules/@arethetypeswrong/cli/dist/index.js');
  const options = ['--profile', 'esm-only', '--no-definitely-typed', '--no-emoji', '--no-color', '--format', 'ascii'];
  await demand(`attw ${basename(file)}`, [process.execPath, attw, ...options, tarball]);
  return tarball;
}

/** @param {readonly string[]} tarballs */
async function useThem(tarballs) {
  const project = join(folder, 'project');
  await mkdir(project);
  const node = (await readJson('package.json')).devDependencies['@types/node'];
  await writeFile(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const install = ['npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline'];
  await demand('install', [...install, `@types/node@${node}`, ...tarballs], { cwd: project });
  if (problems.length > 0) return;

  const specifiers = (await Promise.all(names.map(entryPoints))).flat();
  const imports = specifiers.map((specifier, index) => `import * as entry${index} from '${specifier}';`);
  const uses = specifiers.map((specifier, index) => `console.log('${specifier}', Object.keys(entry${index}).length);`);
  const program = [...imports, ...uses, ''].join('\n');
  await writeFile(join(project, 'plain.js'), program);
  await demand('use from JavaScript', [process.execPath, 'plain.js'], { cwd: project });

  await writeFile(join(project, 'typed.ts'), program);
  const strict = { strict: true, exactOptionalPropertyTypes: true, noEmit: true, types: ['node'], target: 'ES2023' };
  const compilerOptions = { ...strict, module: 'NodeNext', skipLibCheck: true };
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['typed.ts'] }));
  await demand('use from TypeScript', [process.execPath, join(ROOT, 'node_modules/typescript/bin/tsc')], {
    cwd: project,
  });

  const { bin } = await readJson('packages/daemon/package.json');
  for (const command of Object.keys(bin)) {
    const help = await demand(`${command} --help`, [join(project, 'node_modules/.bin', command), '--help'], {
      cwd: project,
    });
    if (!help.includes('Usage')) problems.push(`${command} --help does not say how it is used:\n${help}`);
  }
}

/**
 * @param {string} name of the folder under packages/
 * @returns {Promise<string[]>} what code imports from that package
 */
async function entryPoints(name) {
  const manifest = await readJson(`packages/${name}/package.json`);
  return Object.keys(manifest.exports)
    .filter((path) => !path.endsWith('.json'))
    .map((path) => `${manifest.name}${path.slice(1)}`);
}

/**
 * Runs a command that must succeed.
 *
 * @param {string} what for the message
 * @param {readonly string[]} command
 * @param {{ readonly cwd?: string }} [options]
 * @returns {Promise<string>} its output
 */
async function demand(what, command, options) {
  const { code, output } = await run(command, options);
  if (code !== 0) problems.push(`${what} failed (exit code ${code}):\n${output}`);
  return output;
}
