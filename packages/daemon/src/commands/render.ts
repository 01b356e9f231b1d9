import type { ServiceKey, ServicePlan } from '@nftproxier/core';
import { TableModel, prepareTable, renderTransaction } from '@nftproxier/nft';
import { ManifestError } from '../sources/manifests/parse.js';
import { configurationFrom } from './configuration.js';
import { DaemonError } from './debug-client.js';
import { desiredFromManifests } from './desired.js';
import type { DesiredNode } from './desired.js';
import { differenceOf, differenceText } from './difference.js';
import type { Compared } from './difference.js';
import { exitCodes } from './output.js';
import type { ExitCode, Output } from './output.js';
import { paint } from './paint.js';
import { servedByDaemon } from './served.js';

/** Options of `render` beside the flags of the daemon. */
export interface RenderOptions {
  readonly output: 'text' | 'json';
  /** One Service only, as `NAMESPACE/NAME`. */
  readonly service?: string;
  /** Another directory of manifests, to compare with. */
  readonly diff?: string;
  /** A running daemon's `nftproxier.debugBindAddress`, to compare with. */
  readonly diffNode?: string;
}

/** `nftproxier render`: the ruleset that manifests make on a node, as a script for `nft -f`, or what of it differs. */
export async function render(argv: readonly string[], options: RenderOptions, output: Output): Promise<ExitCode> {
  const all = await desiredOrComplaint(argv, 'render', output);
  if (typeof all === 'number') return all;
  const desired = options.service === undefined ? all : only(options.service, all);
  if (desired === undefined) {
    output.err(`error: --service: the manifests have no Service ${quoted(options.service ?? '')}\n`);
    return exitCodes.usage;
  }
  if (options.diff !== undefined) return compare(argv, desired, { ...options, diff: options.diff }, output);
  if (options.diffNode !== undefined)
    return compareWithNode(desired, { ...options, diffNode: options.diffNode }, output);
  const { text } = renderTransaction(desired.transaction);
  if (options.output === 'text') output.out(text);
  else output.out(`${JSON.stringify(asJson(desired, text), undefined, 2)}\n`);
  return exitCodes.ok;
}

/** What of a desired node is shown: all of it, or one Service. */
interface Shown extends DesiredNode {
  readonly plans: ReadonlyMap<ServiceKey, ServicePlan>;
}

/** The part of a node's table that one Service adds. */
function only(service: string, desired: DesiredNode): Shown | undefined {
  const plan = desired.cluster.planner.plans.get(service as ServiceKey);
  if (plan === undefined) return undefined;
  const model = new TableModel(desired.wishes.settings);
  const change = model.prepare([{ service: plan.service, plan }], { grouped: true });
  change.commit();
  const { table } = desired.transaction;
  return {
    ...desired,
    model,
    transaction: { table, operations: change.operations },
    plans: new Map([[plan.service, plan]]),
  };
}

async function compare(
  argv: readonly string[],
  desired: Shown | DesiredNode,
  options: RenderOptions & { readonly diff: string },
  output: Output,
): Promise<ExitCode> {
  const other = await desiredOrComplaint(
    [...argv, '--manifests', options.diff, '--hostname-override', desired.name],
    'render',
    output,
  );
  if (typeof other === 'number') return other;
  return show(other, desired, options, output);
}

async function compareWithNode(
  desired: Shown | DesiredNode,
  options: RenderOptions & { readonly diffNode: string },
  output: Output,
): Promise<ExitCode> {
  const { diffNode, service } = options;
  try {
    const served = await servedByDaemon(diffNode, service === undefined ? {} : { service });
    // What the node's kernel needs is not in the manifests.
    const { lookups } = served.wishes.settings;
    const { settings } = desired.wishes;
    const there = { ...desired, wishes: { ...desired.wishes, settings: { ...settings, lookups } } };
    return await show(served, there, options, output);
  } catch (error) {
    if (!(error instanceof DaemonError)) throw error;
    output.err(`error: ${error.message}\n`);
    return exitCodes.failed;
  }
}

async function show(
  other: DesiredNode,
  desired: Shown | DesiredNode,
  { service, output: format }: RenderOptions,
  output: Output,
): Promise<ExitCode> {
  const difference = await differenceOf(compared(other, service), compared(desired, service));
  if (format === 'json') output.out(`${JSON.stringify(difference, undefined, 2)}\n`);
  else output.out(differenceText(difference, paint(output.color === true)));
  return difference.services.length + difference.objects.length === 0 ? exitCodes.ok : exitCodes.different;
}

/** The whole table of a node, or, so that it can be loaded by itself, one with a single Service. */
function compared({ wishes, cluster }: DesiredNode, service: string | undefined): Compared {
  const { settings, network } = wishes;
  const all = [...cluster.planner.plans].filter(([key]) => service === undefined || key === service);
  const { transaction } = prepareTable({ settings, network, plans: all.map(([, plan]) => plan) });
  return { transaction, plans: new Map(all) };
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 128));
}

/** The desired node of `--manifests`, with all diagnostics on standard error; or the exit code, after saying why. */
export async function desiredOrComplaint(
  argv: readonly string[],
  command: string,
  output: Output,
  kernel?: string,
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
    const desired = await desiredFromManifests(manifests, loaded.configuration, kernel);
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

function asJson(desired: Shown | DesiredNode, script: string): unknown {
  const { name, cluster, wishes, model } = desired;
  const shown = 'plans' in desired ? desired.plans : cluster.planner.plans;
  const plans = [...shown.values()].sort((a, b) => (a.service < b.service ? -1 : 1));
  return { node: name, settings: wishes.settings, network: wishes.network, counts: model.counts, plans, script };
}
