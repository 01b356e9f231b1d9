import process from 'node:process';
import { run } from '../bootstrap/run.mjs';

/** `ip netns` keeps its names under /run, which belongs to root on the host. */
const IN_USER_NAMESPACE = [
  ...['unshare', '--user', '--map-root-user', '--net', '--mount', '--propagation', 'private'],
  ...['sh', '-c', 'mount -t tmpfs tmpfs /run && exec "$@"', 'sh'],
];

/**
 * What to put before a command that needs to make network namespaces and load rulesets: nothing for root, a user
 * namespace of its own for others, where the kernel lets them.
 *
 * @returns {Promise<readonly string[]>}
 */
export async function kernelPrefix() {
  if (process.getuid?.() === 0) return [];
  const tried = await run([...IN_USER_NAMESPACE, 'nft', 'list', 'tables']);
  if (tried.code === 0) return IN_USER_NAMESPACE;
  throw new Error(
    `Kernel tests need root, or a kernel that gives ordinary users user namespaces; unshare says:\n${tried.output}` +
      'Run as root, or leave these tests out: NFTPROXIER_SKIP=kernel npm test',
  );
}
