import { renderTransaction } from '@nftproxier/nft';
import { ManifestError } from '../sources/manifests/parse.js';
import { configurationFrom } from './configuration.js';
import { desiredFromManifests } from './desired.js';
import type { DesiredNode } from './desired.js';
import { exitCodes } from './output.js';
import type { ExitCode, Output } from './output.js';

/** Options of `render` beside the flags of the daemon. */
export interface RenderOptions {
  readonly output: 'text' | 'json';
}

/** `nftproxier render`: the ruleset that manifests make on a node, as a script for `nft -f`. */
export async function render(argv: readonly string[], options: RenderOptions, output: Output): Promise<ExitCode> {
  const desired = await desiredOrComplaint(argv, 'render', output);
  if (typeof desired === 'number') return desired;
  const { text } = renderTransaction(desired.transaction);
  if (options.output === 'text') output.out(text);
  else output.out(`${JSON.stringify(asJson(desired, text), undefined, 2)}\n`);
  return exitCodes.ok;
}

/** The desired node of `--manifests`, with all diagnostics on standard error; or the exit code, after saying why. */
export async function desiredOrComplaint(
  argv: readonly string[],
  command: string,
  output: Output,
): Promise<DesiredNode | ExitCode> {
  const loaded = configurationFrom(argv, output);
  if (loaded === undefined) return exitCodes.usage;
  const { manifests } = loaded.configuration.nftproxier;
  if (manifests === '') {
    output.err(
      `error: --manifests: missing; give ${command} a directory of manifests, such as --manifests examples/shop\n`,
    );
    return exitCodes.usage;
  }
  try {
    const desired = await desiredFromManifests(manifests, loaded.configuration);
    complain(desired, output);
    return desired;
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    output.err(`error: ${error.message}\n`);
    return exitCodes.usage;
  }
}

function complain({ cluster, wishes }: DesiredNode, output: Output): void {
  for (const warning of wishes.warnings) output.err(`warning: ${warning}\n`);
  const diagnostics = [
    ...[...cluster.planner.orphans.values()].flat(),
    ...[...cluster.planner.plans.values()].flatMap((plan) => plan.diagnostics),
  ];
  for (const { kind, namespace, name, field, message } of diagnostics) {
    output.err(`warning: ${kind} ${namespace}/${name} ${field}: ${message}\n`);
  }
}

function asJson(desired: DesiredNode, script: string): unknown {
  const { name, cluster, wishes, model } = desired;
  const plans = [...cluster.planner.plans.values()].sort((a, b) => (a.service < b.service ? -1 : 1));
  return { node: name, settings: wishes.settings, network: wishes.network, counts: model.counts, plans, script };
}
