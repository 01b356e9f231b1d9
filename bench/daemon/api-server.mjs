import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../test/api-server/dist/main.js', import.meta.url));

/**
 * The stand-in for an API server, in a process of its own and in the namespace of this one.
 *
 * @param {import('../cluster/services.mjs').Size} size
 */
export async function startApiServer({ services, endpoints }) {
  const folder = mkdtempSync(join(tmpdir(), 'nftproxier-bench-'));
  const size = ['--services', `${services}`, '--slices', '1', '--endpoints', `${endpoints}`];
  const child = spawn(process.execPath, ['--max-old-space-size=8192', program, ...size], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error('the API server stand-in ended');
    return JSON.parse(value);
  };
  const { url } = await answer();
  const file = join(folder, 'kubeconfig');
  writeFileSync(
    file,
    JSON.stringify({
      clusters: [{ name: 'c', cluster: { server: url } }],
      users: [{ name: 'u', user: { token: 'none' } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
  );
  return {
    flags: ['--kubeconfig', file],
    /** @param {object} command of the stand-in's own */
    async ask(command) {
      child.stdin.write(`${JSON.stringify(command)}\n`);
      return answer();
    },
    async close() {
      child.stdin.end();
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}
