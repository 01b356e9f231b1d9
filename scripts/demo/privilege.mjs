import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';

/** Root in a user namespace of its own may do to namespaces of its own what root may, and nothing to the machine. */
const UNSHARE = ['unshare', '--user', '--map-root-user', '--net', '--mount'];

/** Set for the run inside, so that it does not try again. */
const INSIDE = 'NFTPROXIER_DEMO_INSIDE';

/**
 * Makes sure that network namespaces can be made: if not, runs the same again where they can.
 *
 * @param {readonly string[]} argv the script and its arguments
 * @returns {Promise<number | undefined>} the exit code of the run elsewhere; undefined where this process can go on
 */
export async function enterNamespace(argv) {
  if (await succeeds(['unshare', '--net', 'true'])) return undefined;
  if (process.env[INSIDE] === undefined && (await succeeds([...UNSHARE, 'true']))) return runInside(argv);
  process.stderr.write(
    'The demo makes network namespaces, which this user may not do here. Run it as root, or allow user namespaces:\n' +
      '  sysctl kernel.unprivileged_userns_clone=1                (Debian)\n' +
      '  sysctl kernel.apparmor_restrict_unprivileged_userns=0    (Ubuntu)\n' +
      'In a container, it takes the capabilities NET_ADMIN and SYS_ADMIN, as `docker run --privileged` gives them.\n',
  );
  return 1;
}

/** @param {readonly string[]} argv */
async function runInside(argv) {
  const [program = '', ...rest] = [...UNSHARE, process.execPath, ...argv];
  const child = spawn(program, rest, { stdio: 'inherit', env: { ...process.env, [INSIDE]: '1' } });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
    process.on(signal, () => child.kill(signal));
  const [code] = await once(child, 'exit');
  return code ?? 1;
}

/** @param {readonly string[]} command */
async function succeeds([program = '', ...rest]) {
  const child = spawn(program, rest, { stdio: 'ignore' });
  const [code] = await Promise.race([once(child, 'exit'), once(child, 'error').then(() => [1])]);
  return code === 0;
}
