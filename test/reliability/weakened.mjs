// The daemon with protections switched off: `weakened.mjs '{"keeper":false}' FLAGS`. A parameter of the daemon's own function,
// which its command line does not have.
import process from 'node:process';
import { configurationFrom } from '../../packages/daemon/dist/commands/configuration.js';
import { createLog } from '../../packages/daemon/dist/commands/log.js';
import { processOutput } from '../../packages/daemon/dist/commands/output.js';
import { serve } from '../../packages/daemon/dist/daemon/serve.js';

const [protections = '{}', ...argv] = process.argv.slice(2);
const loaded = configurationFrom(argv, processOutput);
if (loaded === undefined) process.exit(2);
const log = createLog(loaded.configuration, processOutput);
const stopped = new Promise((resolve) => process.once('SIGTERM', () => resolve('SIGTERM')));
try {
  await serve({ ...loaded, argv, version: 'test', log, stopped, protections: JSON.parse(protections) });
} catch (error) {
  log.fatal(error.message);
  process.exitCode = 1;
}
