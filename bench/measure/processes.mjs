// What Linux knows of processes and of its own memory.
import { readFileSync } from 'node:fs';

/** Ticks of /proc/PID/stat a second, on every Linux that Node runs on. */
const ticksPerSecond = 100;

/**
 * CPU time in milliseconds of a process, and of those children of it that have ended. Rounded to 10 ms.
 *
 * @param {number | 'self'} pid
 */
export function cpuOf(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ms = (/** @type {number} */ at) => (Number(fields[at]) * 1000) / ticksPerSecond;
  return { user: ms(11), system: ms(12), childrenUser: ms(13), childrenSystem: ms(14) };
}

/**
 * Resident memory of a process in megabytes: now, and at most so far.
 *
 * @param {number | 'self'} pid
 */
export function memoryOf(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return { residentMB: kilobytes(status, 'VmRSS') / 1024, peakMB: kilobytes(status, 'VmHWM') / 1024 };
}

/** Memory in megabytes that the kernel uses for itself: slabs, large allocations and per-CPU data, of the whole machine. */
export function kernelMemoryMB() {
  const info = readFileSync('/proc/meminfo', 'utf8');
  return (kilobytes(info, 'Slab') + kilobytes(info, 'VmallocUsed') + kilobytes(info, 'Percpu')) / 1024;
}

/**
 * @param {string} text
 * @param {string} name
 */
function kilobytes(text, name) {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? Number.NaN);
}
