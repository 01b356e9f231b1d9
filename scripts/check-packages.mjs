// What npm would publish: packs each package, looks at what is in it, installs all of them into empty projects with
// npm and with pnpm, and uses them there from JavaScript, from TypeScript and by the command. Needs a build.
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import process from 'node:process';
import { pnpm } from './bootstrap/pnpm.mjs';
import { ROOT, readJson } from './bootstrap/root.mjs';
import { run } from './bootstrap/run.mjs';

/** What a tarball may contain. */
const SHIPPED =
  /^package\/(bin\/.+[.]js|dist\/.+[.](js|js[.]map|d[.]ts)|package[.]json|sbom[.]cdx[.]json|README[.]md|LICENSE)$/;

/** What every tarball must contain. */
const NEEDED = ['package/package.json', 'package/sbom.cdx.json', 'package/README.md', 'package/LICENSE'];

const names = (await readdir(join(ROOT, 'packages'))).sort();
const folder = await mkdtemp(join(tmpdir(), 'nftproxier-packages-'));
/** @type {string[]} */
const problems = [];
try {
  const tarballs = [];
  for (const name of names) tarballs.push(await pack(name));
  for (const manager of /** @type {const} */ (['npm', 'pnpm']))
    if (problems.length === 0) await useThem(manager, tarballs);
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

/**
 * Installs the tarballs into an empty project, and uses them there as a user would: from JavaScript, from TypeScript, and
 * by the command.
 *
 * @param {'npm' | 'pnpm'} manager
 * @param {readonly string[]} tarballs
 */
async function useThem(manager, tarballs) {
  const cwd = join(folder, `project-${manager}`);
  await mkdir(cwd);
  const node = (await readJson('package.json')).devDependencies['@types/node'];
  const own = Object.fromEntries(tarballs.map((tarball, index) => [`@nftproxier/${names[index]}`, `file:${tarball}`]));
  // The packages need each other in versions that are not published yet.
  const overrides = manager === 'npm' ? {} : { pnpm: { overrides: own } };
  const manifest = { private: true, type: 'module', dependencies: { ...own, '@types/node': node }, ...overrides };
  await writeFile(join(cwd, 'package.json'), JSON.stringify(manifest));
  const install =
    manager === 'npm'
      ? ['npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline']
      : [...(await pnpm()), 'install', '--ignore-scripts', '--prefer-offline', '--ignore-workspace'];
  await demand(`${manager} install`, install, { cwd });
  if (problems.length > 0) return;

  const sources = join(ROOT, 'test/packages');
  await copyFile(join(sources, 'plain.mjs'), join(cwd, 'plain.mjs'));
  await demand(`${manager}: use from JavaScript`, [process.execPath, 'plain.mjs'], { cwd });

  await copyFile(join(sources, 'typed.ts'), join(cwd, 'typed.ts'));
  const strict = { strict: true, exactOptionalPropertyTypes: true, types: ['node'], target: 'ES2023' };
  const compilerOptions = { ...strict, module: 'NodeNext', outDir: 'out', skipLibCheck: true };
  await writeFile(join(cwd, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['typed.ts'] }));
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  await demand(`${manager}: use from TypeScript`, [process.execPath, tsc], { cwd });
  await demand(`${manager}: run what was compiled`, [process.execPath, 'out/typed.js'], { cwd });

  await cp(join(ROOT, 'examples/shop'), join(cwd, 'shop'), { recursive: true });
  const { bin } = await readJson('packages/daemon/package.json');
  for (const name of Object.keys(bin)) {
    const command = join(cwd, 'node_modules/.bin', name);
    const node = ['--manifests', 'shop', '--hostname-override', 'node-a'];
    await says(`${manager}: ${name} --help`, [command, '--help'], 'Usage');
    await says(`${manager}: ${name} render`, [command, 'render', ...node], 'add table inet nftproxier');
    const packet = ['--from', '10.244.1.9', '--to', '10.96.98.50:80/tcp'];
    await says(`${manager}: ${name} trace`, [command, 'trace', ...node, ...packet], 'It is sent to an endpoint.');
  }

  /**
   * @param {string} what
   * @param {readonly string[]} command
   * @param {string} text that its output must have
   */
  async function says(what, command, text) {
    const output = await demand(what, command, { cwd });
    if (!output.includes(text)) problems.push(`${what} does not say "${text}":\n${output}`);
  }
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
