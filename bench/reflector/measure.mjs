// What a process took: shared by the subjects of the benchmark, each of which runs in a process of its own.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';

/**
 * Runs `work` and prints what it took as a line of JSON. Importing what `work` uses is not part of it, except of the
 * peak of memory and of the CPU time of the whole process.
 *
 * @param {() => Promise<number>} work returns the number of objects that it got
 */
export async function measure(work) {
  // Leave out what importing left over.
  await new Promise((resolve) => setTimeout(resolve, 200));
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await new Promise((resolve) => setTimeout(resolve, 20));
  delay.reset();
  const cpu = process.cpuUsage();
  const began = performance.now();
  const objects = await work();
  const wallMs = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  // A block that ends the work is counted when it is over.
  await new Promise((resolve) => setTimeout(resolve, 5));
  delay.disable();
  const whole = process.cpuUsage();
  process.stdout.write(
    `${JSON.stringify({
      objects,
      blockMs: delay.max / 1e6,
      cpuMs: (user + system) / 1000,
      wholeCpuMs: (whole.user + whole.system) / 1000,
      peakMB: process.resourceUsage().maxRSS / 1024,
      wallMs,
    })}\n`,
    () => process.exit(0),
  );
}
