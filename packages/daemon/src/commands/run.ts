import { readFileSync, writeFileSync } from 'node:fs';
import { hostname, release } from 'node:os';
import { Loader, createLoadTarget, createNft } from '@nftproxier/nft';
import type { Logger } from 'pino';
import { toYaml } from '../config/index.js';
import type { Configuration } from '../config/index.js';
import { hostFamilies, monitorAddresses, nodeName } from '../host/index.js';
import { createFlowCleaning } from '../observe/conntrack.js';
import { createObserver } from '../observe/observer.js';
import { openServers } from '../observe/servers.js';
import { createSource } from '../sources/create.js';
import { systemClock } from '../sync/clock.js';
import { Proxy } from '../sync/proxy.js';
import { configurationFrom } from './configuration.js';
import type { UsableConfiguration } from './configuration.js';
import { applyHostSettings, checkHost } from './host-checks.js';
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
    else if (actions.initOnly) applyHostSettings(configuration, log);
    else await serve(loaded, log, stopped);
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

async function cleanUp(log: Logger): Promise<void> {
  await new Loader(createLoadTarget(createNft())).remove();
  log.info('removed all tables of nftproxier');
}

async function serve(
  { configuration, given }: UsableConfiguration,
  log: Logger,
  stopped: Promise<string>,
): Promise<void> {
  const startTime = Date.now();
  const name = nodeName(configuration.hostnameOverride, hostname());
  const families = hostFamilies((path) => readFileSync(path, 'utf8'));
  const nft = createNft();
  const { source, required } = await createSource(configuration, name, log);
  const version = await checkHost(nft, configuration);
  applyHostSettings(configuration, log);
  log.info({ version: packageVersion(), node: name, families, nft: version, kernel: release() }, 'starting');

  const loader = new Loader(createLoadTarget(nft));
  let fatal: (error: Error) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fatal = reject;
  });
  const servers = openServers({
    configuration,
    given,
    families,
    log,
    version: packageVersion(),
    startTime,
    fatal: (error) => {
      fatal(error);
    },
  });
  const addresses = await monitorAddresses({
    changed: () => {
      proxy.addressesChanged();
    },
    failed: (error) => {
      log.warn({ err: error }, 'changes of local addresses cannot be followed; they are read again later');
    },
  });
  const observer = createObserver({
    ...servers,
    families,
    loader,
    cluster: () => proxy.cluster,
    served: (report) => {
      flows?.served(report);
    },
    startTime,
    now: Date.now,
  });
  const proxy: Proxy = new Proxy({
    configuration,
    nodeName: name,
    families,
    source,
    required,
    loader,
    log,
    clock: systemClock,
    localAddresses: addresses.addresses,
    observer,
  });
  const localAddresses = addresses.addresses;
  const flows = configuration.nftproxier.conntrackCleanup
    ? createFlowCleaning({ ...servers, log, localAddresses, proxy: () => proxy })
    : undefined;
  // Timers of the proxy do not keep the process alive; this does, until the end.
  const alive = setInterval(() => undefined, 2 ** 30);
  try {
    for (const family of families) servers.health.started(family);
    await proxy.start();
    log.info({ signal: await Promise.race([stopped, failed]) }, 'stopping; the rules stay in place');
  } finally {
    clearInterval(alive);
    await proxy.stop();
    await Promise.all([flows?.stop(), addresses.stop(), servers.close()]);
  }
}
