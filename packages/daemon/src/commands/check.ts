import { release } from 'node:os';
import { NftError, auditTable, createAuditSource, createNft, findServingTable, tableNames } from '@nftproxier/nft';
import type { Audit, AuditSource, Discrepancy, Nft } from '@nftproxier/nft';
import { FakeNft } from '@nftproxier/nft/testing';
import { printable } from '../status/text.js';
import { DaemonError } from './debug-client.js';
import type { DesiredNode } from './desired.js';
import { exitCodes } from './output.js';
import type { ExitCode, Output } from './output.js';
import { paint } from './paint.js';
import type { Paint } from './paint.js';
import type { Progress } from './progress.js';
import { desiredOrComplaint } from './render.js';
import { servedByDaemon } from './served.js';

/** Options of `check` beside the flags of the daemon. */
export interface CheckOptions {
  readonly output: 'text' | 'json';
  /** A running daemon's `nftproxier.debugBindAddress`, in place of manifests. */
  readonly address?: string;
}

/** `nftproxier check`: whether the table in the kernel holds what is desired, and if not, what is different. */
export async function check(
  argv: readonly string[],
  options: CheckOptions,
  output: Output,
  nft: Nft = createNft(),
): Promise<ExitCode> {
  try {
    const desired =
      options.address === undefined
        ? await desiredOrComplaint(argv, 'check', output, release())
        : await servedByDaemon(options.address, {}, output.progress);
    if (typeof desired === 'number') return desired;
    const table = await findServingTable(nft);
    if (table === undefined) {
      output.err(
        `error: no table of nftproxier (inet ${tableNames.join(' or inet ')}) is in service here: start nftproxier run\n`,
      );
      return exitCodes.failed;
    }
    const audit = await auditTable(watched(createAuditSource(nft, table), output.progress), await tableOf(desired));
    output.progress?.(undefined);
    if (options.output === 'json') output.out(`${JSON.stringify({ table, ...audit }, undefined, 2)}\n`);
    else output.out(textOf(table, audit, paint(output.color === true)));
    return audit.total === 0 ? exitCodes.ok : exitCodes.different;
  } catch (error) {
    output.progress?.(undefined);
    if (!(error instanceof DaemonError || error instanceof NftError)) throw error;
    output.err(`error: ${error.message}\n`);
    return exitCodes.failed;
  }
}

/** The same source, which says what is read. */
function watched(source: AuditSource, progress: Progress | undefined): AuditSource {
  if (progress === undefined) return source;
  let sets = 0;
  let read = 0;
  return {
    async listTable() {
      progress('reading the table');
      const listed = await source.listTable();
      sets = listed.sets.length;
      return listed;
    },
    listElements(set) {
      read += 1;
      progress(`reading ${set.kind} ${String(read)} of ${String(sets)}: ${printable(set.name)}`);
      return source.listElements(set);
    },
  };
}

async function tableOf({ transaction }: DesiredNode) {
  const fake = new FakeNft();
  await fake.apply(transaction);
  const state = fake.tables.get(transaction.table);
  if (state === undefined) throw new Error(`the transaction makes no table ${transaction.table}`);
  return state;
}

function textOf(table: string, audit: Audit, color: Paint): string {
  const { elements, sets, chains, discrepancies, total } = audit;
  if (total === 0) {
    const counts = `${String(elements)} elements in ${String(sets)} sets, ${String(chains)} chains`;
    return `${color.good('in agreement')}: ${counts}, table ${table}\n`;
  }
  const more = total - discrepancies.length;
  return [
    color.strong(`${String(total)} ${total === 1 ? 'difference' : 'differences'} in table ${table}`),
    ...discrepancies.map((one) => (one.kind === 'missing' ? color.bad : color.strong)(lineOf(one))),
    ...(more > 0 ? [`and ${String(more)} more`] : []),
    '',
  ].join('\n');
}

function lineOf({ kind, object, name, element, detail }: Discrepancy): string {
  const where = `${object} ${name}`;
  if (element !== undefined) return `${kind} in ${where}: ${element}`;
  return `${kind} ${where}${detail === undefined ? '' : ` (${detail})`}`;
}
