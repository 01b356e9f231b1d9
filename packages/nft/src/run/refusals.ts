import { ownerOfLine, renderStep } from '../render/index.js';
import type { RenderedTransaction } from '../render/index.js';
import { NftRefusedError } from './error.js';
import type { Refusal } from './error.js';
import { reasonOf } from './reason.js';

const positioned = /^\/dev\/stdin:(\d+):(\d+)-(\d+): Error: (.*)$/;
const unpositioned = /^(?:netlink: )?Error: (.*)$/;

/**
 * The complaints in what nft wrote to standard error. Each is a line such as
 * `/dev/stdin:3:1-19: Error: Could not process rule: File exists`, followed by the text in question with a marker below.
 * In the order of the script's lines, because the first is the cause: nft prints some in the opposite order.
 */
export function parseRefusals(stderr: string): readonly [Refusal, ...Refusal[]] {
  const found = stderr.split('\n').flatMap(parseLine);
  const [first, ...rest] = found.toSorted((a, b) => lineOf(a) - lineOf(b));
  if (first !== undefined) return [first, ...rest];
  const message = stderr.trim();
  return [{ reason: message === '' ? 'other' : reasonOf(message), message: message || 'nft failed without a message' }];
}

function parseLine(line: string): readonly Refusal[] {
  const found = positioned.exec(line);
  if (found) {
    const [, start, column, endColumn, message = ''] = found;
    const position = { line: Number(start), column: Number(column), endColumn: Number(endColumn) };
    return [{ reason: reasonOf(message), message, position }];
  }
  const message = unpositioned.exec(line)?.[1];
  return message === undefined ? [] : [{ reason: reasonOf(message), message }];
}

function lineOf({ position }: Refusal): number {
  return position?.line ?? Number.MAX_SAFE_INTEGER;
}

/** The same refusal, its lines looked up in the transaction that was refused: the statement, its place and its owner. */
export function explain(error: NftRefusedError, rendered: RenderedTransaction): NftRefusedError {
  const [first, ...rest] = error.refusals.map((refusal) => locate(refusal, rendered));
  return first === undefined ? error : new NftRefusedError([first, ...rest]);
}

function locate(refusal: Refusal, rendered: RenderedTransaction): Refusal {
  const found = refusal.position && ownerOfLine(rendered, refusal.position.line);
  if (!found) return refusal;
  const { index, elementIndex, owner } = found;
  const at = {
    operation: index,
    ...(elementIndex !== undefined && { element: elementIndex }),
    ...(owner !== undefined && { owner }),
  };
  return { ...refusal, at, statement: renderStep(rendered.transaction.table, found.operation, found.element) };
}
