import { parseAddress } from '../net/index.js';
import type { Address } from '../net/index.js';
import { weightsAnnotation } from '../kubernetes/index.js';
import { quote } from '../model/index.js';
import { fieldsOf } from './fields.js';
import type { Fields, Findings } from './fields.js';

/** Longest text that is read: a thousand IPv6 addresses with weights fit in. */
const mostText = 65_536;

/** The weights that an EndpointSlice gives its endpoints. */
export interface SliceWeights {
  /** Undefined where the slice says nothing of the endpoint. */
  of(address: Address): number | undefined;
}

const noWeights: SliceWeights = { of: () => undefined };

/** Reads the annotation of weights. An entry that cannot be read is reported and left out. */
export function weightsIn(metadata: Fields, findings: Findings): SliceWeights {
  const value = fieldsOf(metadata['annotations'])[weightsAnnotation];
  if (value === undefined || value === null || value === '') return noWeights;
  const field = `metadata.annotations[${weightsAnnotation}]`;
  if (typeof value !== 'string' || value.length > mostText) {
    const what = typeof value === 'string' ? `more than ${String(mostText)} characters` : quote(value);
    findings.add('invalid-value', field, `${what} is not a list such as 10.244.0.5=3,10.244.0.6=0; it is ignored`);
    return noWeights;
  }
  const weights = new Map<Address, number>();
  let others: number | undefined;
  for (const entry of value.split(',')) {
    const [left = '', right, ...rest] = entry.trim().split('=');
    const weight = weightOf(right ?? left);
    const address = right === undefined ? undefined : parseAddress(left.trim());
    if (weight === undefined || rest.length > 0 || (right !== undefined && address === undefined)) {
      const message = `${quote(entry.trim())} is neither ADDRESS=WEIGHT nor WEIGHT, a whole number from 0 to 65535; it is ignored`;
      findings.add('invalid-value', field, message);
    } else if (address === undefined) others = weight;
    else weights.set(address, weight);
  }
  return { of: (address) => weights.get(address) ?? others };
}

function weightOf(text: string): number | undefined {
  const digits = text.trim();
  const weight = /^[0-9]{1,5}$/.test(digits) ? Number(digits) : Infinity;
  return weight <= 65_535 ? weight : undefined;
}
