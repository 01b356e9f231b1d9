import { describe, expect, it } from 'vitest';
import { ProgramError, hostPrograms } from '../../src/takeover/programs.js';

const run = async (...argv: readonly [string, ...string[]]): Promise<readonly string[] | undefined> => {
  const lines: string[] = [];
  return (await hostPrograms().lines(argv, (line) => lines.push(line), 'one\ntwo\n')) ? lines : undefined;
};

describe('programs of the host', () => {
  it('get their input, and are read line by line', async () => {
    expect(await run('cat')).toEqual(['one', 'two']);
  });

  it('may not be there, by themselves or behind a prefix', async () => {
    expect(await run('no-such-program-of-ours')).toBeUndefined();
    expect(await hostPrograms(['env']).lines(['no-such-program-of-ours'], () => undefined)).toBe(false);
  });

  it('leave nothing behind that keeps a process from ending, also where they are not there', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    await run('true');
    await run('no-such-program-of-ours');
    expect(timers()).toBe(before);
  });

  it('may fail, which is an error with their own words', async () => {
    const failing = run('sh', '-c', 'echo "cannot lock" >&2; exit 4');
    await expect(failing).rejects.toBeInstanceOf(ProgramError);
    await expect(failing).rejects.toThrow('failed: cannot lock');
  });

  it('may read nothing of what they are given', async () => {
    expect(await run('true')).toEqual([]);
  });
});
