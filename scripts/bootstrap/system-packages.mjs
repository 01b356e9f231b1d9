import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { BootstrapError } from './failure.mjs';
import { run } from './run.mjs';

/** @typedef {'npm start' | 'npm run bench' | 'unit tests' | 'browser tests' | 'kernel tests'} Purpose */

/**
 * The programs of the system that something here runs, beyond what every Linux has, and the Debian package of each.
 *
 * @type {readonly { program: string, debian: string, does: string, neededBy: readonly Purpose[] }[]}
 */
const PROGRAMS = [
  {
    program: 'nft',
    debian: 'nftables',
    does: 'loads rulesets',
    neededBy: ['npm start', 'npm run bench', 'kernel tests'],
  },
  {
    program: 'ip',
    debian: 'iproute2',
    does: 'connects network namespaces',
    neededBy: ['npm start', 'npm run bench', 'kernel tests'],
  },
  {
    program: 'conntrack',
    debian: 'conntrack',
    does: 'ends stale flows',
    neededBy: ['npm start', 'npm run bench', 'kernel tests'],
  },
  {
    program: 'socat',
    debian: 'socat',
    does: 'hears what other programs do to the rules',
    neededBy: ['npm start', 'npm run bench', 'kernel tests'],
  },
  { program: 'capsh', debian: 'libcap2-bin', does: 'takes privileges away', neededBy: ['kernel tests'] },
  { program: 'strace', debian: 'strace', does: 'shows what was not permitted', neededBy: ['kernel tests'] },
  { program: 'runc', debian: 'runc', does: 'runs containers', neededBy: ['kernel tests'] },
  { program: 'pgrep', debian: 'procps', does: 'shows that nothing is left running', neededBy: ['kernel tests'] },
  {
    program: 'perl',
    debian: 'perl',
    does: 'sends packets of protocols that Node has not',
    neededBy: ['npm run bench', 'kernel tests'],
  },
  { program: 'time', debian: 'time', does: 'tells how much memory nft takes', neededBy: ['npm run bench'] },
  { program: 'openssl', debian: 'openssl', does: 'makes certificates', neededBy: ['unit tests'] },
  { program: 'chromium', debian: 'chromium', does: 'shows the status page', neededBy: ['browser tests'] },
];

/**
 * Makes sure that the system's programs are there, by apt-get where this process may.
 *
 * @param {(line: string) => void} say
 * @param {readonly Purpose[]} purposes
 */
export async function installSystemPackages(say, purposes) {
  const missing = await missingFor(purposes);
  if (missing.length === 0) return;
  const packages = missing.map(({ debian }) => debian);
  if (process.getuid?.() === 0 && (await find('apt-get'))) {
    say(`installing ${packages.join(' ')}`);
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    const options = ['-q', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120'];
    const update = await run(['apt-get', 'update', '-q'], { env });
    const install = await run(['apt-get', 'install', ...options, ...packages], { env });
    if (install.code !== 0) {
      throw new BootstrapError(`apt-get could not install ${packages.join(' ')}:\n${update.output}${install.output}`);
    }
    if ((await missingFor(purposes)).length === 0) return;
  }
  const lines = missing.map(({ program, debian, does, neededBy }) => {
    const users = neededBy.filter((purpose) => purposes.includes(purpose)).join(' and ');
    return `  ${program} (package ${debian}), which ${does}, for ${users}`;
  });
  const remedy = `As root: apt-get install ${packages.join(' ')} (or your distribution's packages of these programs).`;
  throw new BootstrapError(['Not on this machine:', ...lines, remedy].join('\n'));
}

/** @param {readonly Purpose[]} purposes */
async function missingFor(purposes) {
  const needed = PROGRAMS.filter(({ neededBy }) => neededBy.some((purpose) => purposes.includes(purpose)));
  const found = await Promise.all(needed.map(({ program }) => find(program)));
  return needed.filter((_, index) => found[index] === undefined);
}

/**
 * @param {string} program
 * @returns {Promise<string | undefined>} its path
 */
async function find(program) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  for (const folder of folders.filter(Boolean)) {
    const path = join(folder, program);
    const runs = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return path;
  }
  return undefined;
}
