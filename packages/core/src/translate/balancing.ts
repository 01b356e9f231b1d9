import { algorithmAnnotation, hashKeyAnnotation, tableSizeAnnotation } from '../kubernetes/index.js';
import { algorithmNames, hashKeys, quote } from '../model/index.js';
import type { AlgorithmName, BalancingWish } from '../model/index.js';
import { fieldsOf } from './fields.js';
import type { Fields, Findings } from './fields.js';

/** The largest Maglev table: the largest prime below the number of slots a frontend can have. */
const mostTableSize = 65_521;

/**
 * How a Service asks for its endpoints to be chosen, in annotations of ours; undefined where it has none. An algorithm that
 * is not known is reported, and means `random`.
 */
export function balancingOf(metadata: Fields, findings: Findings): BalancingWish | undefined {
  const annotations = fieldsOf(metadata['annotations']);
  const algorithm = algorithmIn(annotations, findings);
  const hashKey = wordIn(annotations, hashKeyAnnotation, hashKeys, 'the default is assumed', findings);
  const tableSize = tableSizeIn(annotations, findings);
  if (algorithm === undefined && hashKey === undefined && tableSize === undefined) return undefined;
  return {
    ...(algorithm !== undefined && { algorithm }),
    ...(hashKey !== undefined && { hashKey }),
    ...(tableSize !== undefined && { tableSize }),
  };
}

function algorithmIn(annotations: Fields, findings: Findings): AlgorithmName | undefined {
  if (isAbsent(annotations[algorithmAnnotation])) return undefined;
  return wordIn(annotations, algorithmAnnotation, algorithmNames, 'random is assumed', findings) ?? 'random';
}

function wordIn<Word extends string>(
  annotations: Fields,
  name: string,
  words: readonly Word[],
  otherwise: string,
  findings: Findings,
): Word | undefined {
  const value = annotations[name];
  if (isAbsent(value)) return undefined;
  const word = words.find((known) => known === value);
  if (word !== undefined) return word;
  const message = `${quote(value)} is not one of ${words.join(', ')}; ${otherwise}`;
  findings.add('invalid-value', `metadata.annotations[${name}]`, message);
  return undefined;
}

function tableSizeIn(annotations: Fields, findings: Findings): number | undefined {
  const value = annotations[tableSizeAnnotation];
  if (isAbsent(value)) return undefined;
  const size = typeof value === 'string' && /^[0-9]{1,5}$/.test(value) ? Number(value) : 0;
  if (size >= 1 && size <= mostTableSize) return size;
  const message = `${quote(value)} is not a whole number from 1 to ${String(mostTableSize)}; the size follows from the number of endpoints`;
  findings.add('invalid-value', `metadata.annotations[${tableSizeAnnotation}]`, message);
  return undefined;
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
