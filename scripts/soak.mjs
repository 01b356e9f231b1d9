// The real daemon in a world that changes at random while things go wrong at random: test/soak. Ends with "in agreement"
// and 0, or with what does not agree and 1.
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { build } from './bootstrap/build.mjs';
import { ROOT } from './bootstrap/root.mjs';
import { run } from './bootstrap/run.mjs';
import { kernelPrefix } from './gate/privilege.mjs';

const USAGE = `npm run soak -- [--minutes N] [--seed N]

  --minutes  how long; 15 unless given
  --seed     the same seed gives the same changes and faults; 1 unless given
`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '15' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});

const minutes = Number(values.minutes);
if (values.help || !(minutes > 0) || !Number.isInteger(Number(values.seed))) {
  process.stdout.write(USAGE);
  process.exitCode = values.help ? 0 : 2;
} else {
  await build((line) => process.stdout.write(`${line}\n`));
  const vitest = [process.execPath, join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'kernel'];
  const { code } = await run([...(await kernelPrefix()), ...vitest, '--retry=0', 'test/soak'], {
    env: { NFTPROXIER_SOAK_MINUTES: values.minutes, NFTPROXIER_SOAK_SEED: values.seed },
    timeoutMs: (minutes + 20) * 60_000,
    stream: true,
  });
  process.exitCode = code;
}
