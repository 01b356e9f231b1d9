import { writeFileSync } from 'node:fs';
import { createNft } from '@nftproxier/nft';
import type { Logger } from 'pino';
import { toYaml } from '../config/index.js';
import type { Configuration } from '../config/index.js';
import { prepareMachine } from '../daemon/machine.js';
import { serve } from '../daemon/serve.js';
import { removeOwnTables } from './cleanup.js';
import { configurationFrom } from './configuration.js';
import { createLog } from './log.js';
import { exitCodes } from './output.js';
import type { ExitCode, Output } from './output.js';
import { packageVersion } from './version.js';

/** `nftproxier run`: the daemon, until `stopped` resolves. The rules stay in place when it ends. */
export async function run(argv: readonly string[], output: Output, stopped: Promise<string>): Promise<ExitCode> {
  const loaded = configurationFrom(argv, output);
  if (loaded === undefined) return exitCodes.usage;
  const { configuration, actions } = loaded;
  if (actions.version !== undefined) {
    output.out(`nftproxier ${packageVersion()}\n`);
    return exitCodes.ok;
  }
  const log = createLog(configuration, output);
  for (const { field, message } of loaded.warnings) log.warn({ field }, message);
  try {
    if (actions.writeConfigTo !== undefined) writeConfiguration(actions.writeConfigTo, configuration, log);
    else if (actions.cleanup) await cleanUp(log);
    else if (actions.initOnly) await initialise(configuration, log);
    else await serve({ ...loaded, argv, version: packageVersion(), log, stopped });
    return exitCodes.ok;
  } catch (error) {
    // An error with a code says in its message what to do; of any other the stack is wanted.
    const { code } = error as { readonly code?: unknown };
    log.fatal(
      typeof code === 'string' ? { code } : { err: error },
      error instanceof Error ? error.message : String(error),
    );
    return exitCodes.failed;
  }
}

function writeConfiguration(file: string, configuration: Configuration, log: Logger): void {
  writeFileSync(file, toYaml(configuration));
  log.info({ file }, 'wrote the effective configuration');
}

async function initialise(configuration: Configuration, log: Logger): Promise<void> {
  const { nftVersion: nft, kernel } = await prepareMachine(configuration, log);
  log.info({ nft, kernel }, 'this machine is checked and set up for a daemon with fewer privileges');
}

async function cleanUp(log: Logger): Promise<void> {
  await removeOwnTables(createNft());
  log.info('removed all tables of nftproxier');
}
