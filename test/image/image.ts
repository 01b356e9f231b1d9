import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs';
import { copyFile, cp, mkdir, mkdtemp, readFile, readdir, realpath, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { containersOf } from './container.js';
import type { Containers } from './container.js';
import { unpackPackages } from './packages.js';

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const assemble = path('scripts/image/assemble.mjs');
const enter = path('test/image/enter.sh');
const cache = path('node_modules/.cache/nftproxier/image');

/** What deploy/image/contents.json says. */
interface Contents {
  readonly packages: readonly string[];
}
const list = path('deploy/image/contents.json');

/** Who the daemon is in the image: root without the rights of root, as the DaemonSet has it, or nobody in particular. */
export type ImageUser = 0 | 65532;

/** The image's files in a folder, made as the Dockerfile makes them. */
export interface Image {
  readonly root: string;
  /** The words that start the daemon in it with these arguments, as a container's engine would. */
  readonly launch: (user: ImageUser, args: readonly string[]) => readonly string[];
  /** The words that start its nft with the daemon's privileges, in the image's files alone. */
  readonly nft: (user: ImageUser) => readonly string[];
  /** Containers of it, run by a container's runtime. They end when the image is closed. */
  readonly containers: () => Containers;
  /** System calls that were refused so far for lack of permission, with their processes. */
  readonly refusals: () => Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Makes the image's root filesystem: Debian's programs and their libraries, Node, and the daemon as it was built. */
export async function openImage(): Promise<Image> {
  const work = await mkdtemp(join(tmpdir(), 'nftproxier-image-'));
  const root = join(work, 'root');
  await cp(await systemPart(), root, { recursive: true, verbatimSymlinks: true });
  await cp(await daemonPart(), join(root, 'app'), { recursive: true, verbatimSymlinks: true });
  for (const name of ['core', 'nft', 'daemon']) await replaceBuild(join(root, 'app'), name);
  let started = 0;
  const groups: Containers[] = [];
  return {
    root,
    containers() {
      const group = containersOf(root, join(work, `containers-${String(groups.length)}`));
      groups.push(group);
      return group;
    },
    launch: (user, args) => {
      const trace = join(work, `trace-${String((started += 1))}`);
      const words = ['unshare', '--mount', 'sh', enter, root, String(user), trace, folderOf(args)];
      return ['env', '-i', `PATH=${process.env['PATH'] ?? ''}`, 'NODE_ENV=production', ...words, ...args];
    },
    nft: (user) => {
      const others = Array.from({ length: lastCapability() + 1 }, (_, number) => number).filter(
        (one) => one !== netAdmin,
      );
      const become = ['--no-new-privs', `--gid=${String(user)}`, '--groups=', `--uid=${String(user)}`];
      const hold = ['--caps=cap_net_admin=eip', '--addamb=cap_net_admin'];
      return [
        'capsh',
        '--keep=1',
        `--chroot=${root}`,
        `--drop=${others.join()}`,
        ...become,
        ...hold,
        '--shell=/usr/sbin/nft',
        '--',
      ];
    },
    async refusals() {
      const traces = (await readdir(work)).filter((name) => name.startsWith('trace-'));
      const lines = (await Promise.all(traces.map((name) => readFile(join(work, name), 'utf8')))).join('').split('\n');
      return lines.filter((line) => /\b(?:EPERM|EACCES|EROFS)\b/u.test(line));
    },
    async close() {
      for (const group of groups) await group.close();
      await rm(work, { recursive: true });
    },
  };
}

const netAdmin = 12;

function lastCapability(): number {
  return Number(readFileSync('/proc/sys/kernel/cap_last_cap', 'utf8'));
}

/** The folder that arguments name files in, or `''`: it is what is mounted. Everybody may read it, as a ConfigMap. */
function folderOf(args: readonly string[]): string {
  const named = args.find((arg) => arg.startsWith(`${tmpdir()}/`));
  if (named === undefined) return '';
  const folder = statSync(named).isDirectory() ? named : dirname(named);
  chmodSync(folder, 0o755);
  return folder;
}

/** A folder of the cache whose content depends on some files alone, and whether it is there. */
function cached(name: string, files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file));
  return join(cache, `${name}-${hash.digest('hex').slice(0, 16)}`);
}

/** The daemon with its dependencies as the Dockerfile packs it. What was packed before is used again for another build. */
async function daemonPart(): Promise<string> {
  const packages = ['core', 'nft', 'daemon'].map((name) => path(`packages/${name}/package.json`));
  const app = cached('daemon', [path('pnpm-lock.yaml'), ...packages]);
  if (existsSync(app)) return app;
  const work = `${app}.partial`;
  await rm(work, { recursive: true, force: true });
  const deploy = ['--filter', '@nftproxier/daemon', 'deploy', '--legacy', '--prod', '--prefer-offline'];
  const [program = '', ...words] = await pnpm();
  await execa(program, [...words, ...deploy, work], { cwd: path('.') });
  await rename(work, app);
  return app;
}

/** Puts a package of this build in the place of the one that was packed. */
async function replaceBuild(app: string, name: string): Promise<void> {
  const packed = name === 'daemon' ? app : await realpath(join(app, 'node_modules/@nftproxier', name));
  await rm(join(packed, 'dist'), { recursive: true });
  await cp(path(`packages/${name}/dist`), join(packed, 'dist'), { recursive: true });
}

/** Everything but the daemon; kept, because it is the same for every version of the daemon. */
async function systemPart(): Promise<string> {
  const root = cached('system', [list, assemble]);
  if (existsSync(root)) return root;
  const work = `${root}.partial`;
  await rm(work, { recursive: true, force: true });
  const source = join(work, 'source');
  await mkdir(join(source, 'usr/local/bin'), { recursive: true });
  const { packages } = JSON.parse(readFileSync(list, 'utf8')) as Contents;
  await unpackPackages(packages, work, source);
  await copyFile(await node24(), join(source, 'usr/local/bin/node'));
  await execa(process.execPath, [assemble, source, join(work, 'root')]);
  await rename(join(work, 'root'), root);
  await rm(work, { recursive: true });
  return root;
}

/** The Node that the image has, as the npm package of its program brings it. */
async function node24(): Promise<string> {
  if (process.version.startsWith('v24.')) return process.execPath;
  const { stdout } = await execa(process.execPath, ['--input-type=module', '--eval', otherNode], { cwd: path('.') });
  return stdout.trim();
}

/** The gate's own scripts know where pnpm and the other Node are. */
const otherNode = "import { otherNode } from './scripts/gate/other-node.mjs'; console.log(await otherNode());";
const pnpmWords = "import { pnpm } from './scripts/bootstrap/pnpm.mjs'; console.log(JSON.stringify(await pnpm()));";

async function pnpm(): Promise<readonly string[]> {
  const { stdout } = await execa(process.execPath, ['--input-type=module', '--eval', pnpmWords], { cwd: path('.') });
  return JSON.parse(stdout) as readonly string[];
}
