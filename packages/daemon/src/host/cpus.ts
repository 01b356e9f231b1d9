import type { ReadFile } from './families.js';

/**
 * The number of CPUs of the machine, from the kernel's list (`0-3,8`): the whole machine's, not what this process may
 * use, because the connection table is the machine's. Falls back to `otherwise`.
 */
export const cpuCount = (readFile: ReadFile, otherwise: number): number => {
  try {
    const list = readFile('/sys/devices/system/cpu/online').trim();
    const counts = list.split(',').map((range) => {
      const [, first, last] = /^(\d+)(?:-(\d+))?$/u.exec(range) ?? [];
      return Number(last ?? first) - Number(first) + 1;
    });
    const sum = counts.reduce((total, count) => total + count, 0);
    return sum >= 1 ? sum : otherwise;
  } catch {
    return otherwise;
  }
};
