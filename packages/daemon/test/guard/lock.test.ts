import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { AlreadyRunningError, takeLock } from '../../src/guard/lock.js';

let count = 0;
const freshName = (): string => `\0nftproxier-test-${String(process.pid)}-${String((count += 1))}`;

describe('takeLock', () => {
  it('refuses a second one, with the process id of the first', async () => {
    const name = freshName();
    const lock = await takeLock(name, 4711);
    await expect(takeLock(name)).rejects.toThrow(AlreadyRunningError);
    await expect(takeLock(name)).rejects.toMatchObject({ code: 'ALREADY_RUNNING', pid: 4711 });
    await lock.release();
  });

  it('can be taken again when it was let go of', async () => {
    const name = freshName();
    await (await takeLock(name)).release();
    await (await takeLock(name)).release();
  });

  it('is free again at once when its holder is killed', async () => {
    const name = freshName();
    const listen = `require('node:net').createServer().listen(${JSON.stringify(name)}, () => console.log('held'))`;
    const holder = spawn(process.execPath, ['-e', listen], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(holder.stdout, 'data');
    // It does not say who it is: whoever it is, it is in the way.
    await expect(takeLock(name)).rejects.toMatchObject({ pid: undefined });
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    await (await takeLock(name)).release();
  }, 20_000);
});
