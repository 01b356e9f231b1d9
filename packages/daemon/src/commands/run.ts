import { readFileSync, writeFileSync } from 'node:fs';
import { hostname, release } from 'node:os';
import {
  NftError,
  Loader,
  checkKernel,
  checkNft,
  checkPermission,
  createLoadTarget,
  createNft,
  formatVersion,
} from '@nftproxier/nft';
import type { Nft } from '@nftproxier/nft';
import type { Logger } from 'pino';
import { toYaml } from '../config/index.js';
import type { Configuration } from '../config/index.js';
import { NodeNameError, hostFamilies, monitorAddresses, nodeName } from '../host/index.js';
import { createSource } from '../sources/create.js';
import { systemClock } from '../sync/clock.js';
import { Proxy } from '../sync/proxy.js';
import { configurationFrom } from './configuration.js';
import { createLog } from './log.js';
import { exitCodes } from './output.js';
import type { ExitCode, Output } from './output.js';

/** `nftproxier run`: the daemon, until `stopped` resolves. The rules stay in place when it ends. */
export async function run(argv: readonly string[], output: Output, stopped: Promise<string>): Promise<ExitCode> {
  const loaded = configurationFrom(argv, output);
  if (loaded === undefined) return exitCodes.usage;
  const { configuration, actions } = loaded;
  const log = createLog(configuration, output);
  for (const { field, message } of loaded.warnings) log.warn({ field }, message);
  if (actions.writeConfigTo !== undefined) {
    writeFileSync(actions.writeConfigTo, toYaml(configuration));
    log.info({ file: actions.writeConfigTo }, 'wrote the effective configuration');
    return exitCodes.ok;
  }
  try {
    await serve(configuration, log, stopped);
    return exitCodes.ok;
  } catch (error) {
    const known = error instanceof NftError || error instanceof NodeNameError || hasCode(error);
    log.fatal(known ? { code: (error as { code?: unknown }).code } : { err: error }, messageOf(error));
    return exitCodes.failed;
  }
}

async function serve(configuration: Configuration, log: Logger, stopped: Promise<string>): Promise<void> {
  const name = nodeName(configuration.hostnameOverride, hostname());
  const families = hostFamilies((path) => readFileSync(path, 'utf8'));
  const nft = createNft();
  const version = await checkHost(nft, configuration);
  log.info({ node: name, families, nft: version, kernel: release() }, 'starting');

  const addresses = await monitorAddresses({
    changed: () => proxy?.addressesChanged(),
    failed: (error) => {
      log.warn({ err: error }, 'changes of local addresses cannot be followed; they are read again later');
    },
  });
  let proxy: Proxy | undefined;
  // Timers of the proxy do not keep the process alive; this does, until the end.
  const alive = setInterval(() => undefined, 2 ** 30);
  try {
    const { source, required } = await createSource(configuration, name, log);
    proxy = new Proxy({
      configuration,
      nodeName: name,
      families,
      source,
      required,
      loader: new Loader(createLoadTarget(nft)),
      log,
      clock: systemClock,
      localAddresses: addresses.addresses,
    });
    await proxy.start();
    log.info({ signal: await stopped }, 'stopping; the rules stay in place');
  } finally {
    clearInterval(alive);
    await proxy?.stop();
    await addresses.stop();
  }
}

async function checkHost(nft: Nft, configuration: Configuration): Promise<string> {
  if (!configuration.nftproxier.skipKernelVersionCheck) checkKernel(release());
  const version = await checkNft(nft);
  await checkPermission(nft);
  return formatVersion(version);
}

function hasCode(error: unknown): boolean {
  return error instanceof Error && typeof (error as { code?: unknown }).code === 'string';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
