import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const read = (name: string): string => readFileSync(path(name), 'utf8');

interface Resolved {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}
interface Lockfile {
  readonly importers: Readonly<
    Record<string, { readonly dependencies?: Readonly<Record<string, { readonly version: string }>> }>
  >;
  readonly packages: Readonly<
    Record<string, { readonly resolution: { readonly integrity?: string }; readonly requiresBuild?: boolean }>
  >;
  readonly snapshots: Readonly<Record<string, Resolved>>;
}

const lockfile = parse(read('pnpm-lock.yaml')) as Lockfile;
const workspace = parse(read('pnpm-workspace.yaml')) as { readonly onlyBuiltDependencies: readonly string[] };

/** What the packages ask for themselves, by name. */
const chosen = new Map(
  ['core', 'nft', 'daemon'].flatMap((name) =>
    Object.entries(lockfile.importers[`packages/${name}`]?.dependencies ?? {}).flatMap(([dependency, { version }]) =>
      version.startsWith('link:') ? [] : [[dependency, `${dependency}@${version}`] as const],
    ),
  ),
);

/** A package and all that it needs, as `name@version`. */
function closure(key: string, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(key)) return found;
  found.add(key);
  const { dependencies = {}, optionalDependencies = {} } = lockfile.snapshots[key] ?? {};
  for (const [name, version] of Object.entries({ ...dependencies, ...optionalDependencies })) {
    closure(`${name}@${version}`, found);
  }
  return found;
}

const plain = (key: string): string => key.replace(/\(.*$/u, '');
const all = [...new Set([...chosen.values()].flatMap((key) => [...closure(key)]).map(plain))].toSorted();

const installedFolders = readdirSync(path('node_modules/.pnpm'));

const marker = '## All of them\n';
const page = read('docs/dependencies.md');

function listing(): string {
  const rows = [...chosen]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, key]) => {
      const needed = [...closure(key)]
        .map(plain)
        .filter((one) => one !== plain(key))
        .toSorted();
      return `| \`${plain(key)}\` | ${String(needed.length)} | ${needed.map((one) => `\`${one}\``).join(', ')} |`;
    });
  const head = `${String(all.length)} packages, ${String(chosen.size)} of them our choice.`;
  return `${page.slice(0, page.indexOf(marker))}${marker}\n${head}\n\n| package | needs | which |\n|---|---|---|\n${rows.join('\n')}\n`;
}

describe('runtime packages', () => {
  test('docs/dependencies.md lists them (vitest -u writes the list anew)', async () => {
    const text = await format(listing(), { parser: 'markdown', printWidth: 120 });
    await expect(text).toMatchFileSnapshot(path('docs/dependencies.md'));
  });

  test('that we chose each have a reason', () => {
    const reasons = page.slice(0, page.indexOf(marker));
    const given = [...reasons.matchAll(/^\| `([^`]+)` +\| \w+ +\| ([^|]+)\|/gmu)].map(([, name, reason]) => [
      name,
      (reason ?? '').trim().length > 20,
    ]);
    expect(given.toSorted()).toEqual([...chosen.keys()].toSorted().map((name) => [name, true]));
  });

  test('run no install script, and may not', () => {
    expect(workspace.onlyBuiltDependencies).toEqual([]);
    expect(all.filter((key) => lockfile.packages[key]?.requiresBuild === true)).toEqual([]);
    const scripts = all.flatMap((key) => installScripts(key).map((script) => `${key}: ${script}`));
    expect(scripts).toEqual([]);
  });

  test('are what the lockfile has a checksum of', () => {
    expect(all.length).toBeGreaterThan(chosen.size);
    expect(all.filter((key) => lockfile.packages[key]?.resolution.integrity?.startsWith('sha512-') !== true)).toEqual(
      [],
    );
  });

  test('of core are none', () => {
    expect(lockfile.importers['packages/core']?.dependencies).toBeUndefined();
  });
});

/** The scripts that an installation would run, of a package as it is installed here. */
function installScripts(key: string): readonly string[] {
  const at = key.lastIndexOf('@');
  const [name, version] = [key.slice(0, at), key.slice(at + 1)];
  const folder = `${name.replace('/', '+')}@${version}`;
  const installed = installedFolders.filter((entry) => entry === folder || entry.startsWith(`${folder}_`));
  if (installed.length === 0) throw new Error(`${key} is not installed: run pnpm install`);
  return installed.flatMap((found) => {
    const manifest = read(`node_modules/.pnpm/${found}/node_modules/${name}/package.json`);
    const { scripts = {} } = JSON.parse(manifest) as { readonly scripts?: Readonly<Record<string, string>> };
    return Object.keys(scripts).filter((script) => /^(?:pre|post)?install$/u.test(script));
  });
}
