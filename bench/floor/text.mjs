import { renderElement, renderTransaction } from '@nftproxier/nft';
import { clusterIP } from '../cluster/services.mjs';

/** @typedef {import('@nftproxier/nft').Operation} Operation */

/**
 * The smallest script that leaves what some operations leave: declarations, then each set's elements in one statement.
 *
 * @param {string} table
 * @param {readonly Operation[]} operations that only add
 */
export function smallestText(table, operations) {
  /** @type {Map<string, string[]>} */
  const elements = new Map();
  /** @type {Operation[]} */
  const rest = [];
  for (const operation of operations) {
    if (operation.op !== 'add-elements') {
      rest.push(operation);
      continue;
    }
    const texts = elements.get(operation.set) ?? [];
    for (const element of operation.elements) texts.push(renderElement(element));
    elements.set(operation.set, texts);
  }
  const declarations = renderTransaction({ table, operations: rest }).text;
  const added = [...elements].map(([set, texts]) => `add element inet ${table} ${set}{${texts.join(',')}}`);
  return `${declarations}${added.join('\n')}\n`;
}

/** A table of ten elements, with the shapes of a slot map. */
export const tableOfTen = [
  'add table inet floor',
  'add map inet floor slots { typeof ip daddr . tcp dport . numgen random mod 65536 : ip daddr . tcp dport ; }',
  `add element inet floor slots { ${Array.from({ length: 10 }, (_, at) => element(at, 0)).join(', ')} }`,
  '',
].join('\n');

/**
 * One element goes, one comes.
 *
 * @param {number} round
 */
export function replacement(round) {
  const [key = ''] = element(0, 0).split(' : ');
  return `delete element inet floor slots { ${key} }\nadd element inet floor slots { ${element(0, round)} }\n`;
}

/**
 * One element comes.
 *
 * @param {number} round from 0, each once
 */
export function addition(round) {
  return `add element inet floor slots { ${element(10 + round, 0)} }\n`;
}

/**
 * A Service of one TCP port comes, in a table of ours in which as large ones are.
 *
 * @param {string} table
 * @param {number} index of the Service
 * @param {number} endpoints
 */
export function addedByHand(table, index, endpoints) {
  const address = clusterIP(index);
  const slots = Array.from({ length: endpoints }, (_, slot) => `${address} . 80 . ${slot}:10.180.0.${slot + 1} . 8080`);
  return [
    `add element inet ${table} cluster-ips4{${address}}`,
    `add element inet ${table} services4{${address} . tcp . 80:goto pick-tcp4-${endpoints}}`,
    `add element inet ${table} endpoints-tcp4{${slots.join(',')}}`,
    '',
  ].join('\n');
}

/**
 * @param {number} index
 * @param {number} pod
 */
function element(index, pod) {
  return `10.96.${index >> 8}.${index & 255} . 80 . 0 : 10.128.${(pod >> 8) & 255}.${pod & 255} . 8080`;
}
