import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { BootstrapError } from './failure.mjs';
import { run } from './run.mjs';

/**
 * The programs of the system that nftproxier calls, and the Debian package of each.
 *
 * @type {readonly { readonly program: string, readonly debian: string, readonly why: string }[]}
 */
const SYSTEM_PROGRAMS = [
  { program: 'nft', debian: 'nftables', why: 'loads rulesets' },
  { program: 'ip', debian: 'iproute2', why: 'makes network namespaces' },
  { program: 'conntrack', debian: 'conntrack', why: 'removes stale connections' },
];

/**
 * Makes sure that the system's programs are there, by apt-get where this process may.
 *
 * @param {(line: string) => void} say
 * @param {string} purpose what cannot run without them, for the message
 */
export async function installSystemPackages(say, purpose) {
  const missing = await missingPrograms();
  if (missing.length === 0) return;
  const packages = missing.map(({ debian }) => debian);
  const apt = process.getuid?.() === 0 && (await find('apt-get'));
  if (apt) {
    say(`installing ${packages.join(' ')}`);
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    const options = ['-q', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120'];
    const update = await run(['apt-get', 'update', '-q'], { env });
    const install = await run(['apt-get', 'install', ...options, ...packages], { env });
    if (install.code !== 0) {
      throw new BootstrapError(`apt-get could not install ${packages.join(' ')}:\n${update.output}${install.output}`);
    }
    if ((await missingPrograms()).length === 0) return;
  }
  const reasons = missing.map(({ program, debian, why }) => `  ${program} (package ${debian}) ${why}`);
  throw new BootstrapError(
    [
      `Not on this machine, and needed by ${purpose}:`,
      ...reasons,
      `As root: apt-get install ${packages.join(' ')} (or your distribution's packages of these programs).`,
    ].join('\n'),
  );
}

async function missingPrograms() {
  const found = await Promise.all(SYSTEM_PROGRAMS.map(({ program }) => find(program)));
  return SYSTEM_PROGRAMS.filter((_, index) => found[index] === undefined);
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
