import { collapse, familyOf } from '@nftproxier/core';
import type { Family } from '@nftproxier/core';
import type { Atom, Operation } from '../syntax/index.js';
import { setNames } from './names.js';
import type { NetworkElements, TableSettings } from './settings.js';

/** The operations that turn the table's elements of node and cluster from one state into another. */
export function networkOperations(
  before: NetworkElements,
  after: NetworkElements,
  settings: TableSettings,
): readonly Operation[] {
  return settings.families.flatMap((family) => {
    const names = setNames(family);
    return [
      ...replace(names.nodePortIPs, listed(before, family), listed(after, family)),
      ...replace(names.serviceCIDRs, ranges(before, family), ranges(after, family)),
    ];
  });
}

function listed(network: NetworkElements, family: Family): readonly Atom[] {
  return [...new Set(network.nodePortAddresses.filter((address) => familyOf(address) === family))].sort();
}

function ranges(network: NetworkElements, family: Family): readonly Atom[] {
  return collapse(network.serviceCIDRs.filter((cidr) => familyOf(cidr) === family));
}

function replace(set: string, before: readonly Atom[], after: readonly Atom[]): readonly Operation[] {
  const gone = before.filter((atom) => !after.includes(atom)).map((atom) => ({ key: [atom] }));
  const come = after.filter((atom) => !before.includes(atom)).map((atom) => ({ key: [atom] }));
  return [
    ...(gone.length === 0 ? [] : [{ op: 'delete-elements', set, elements: gone } as const]),
    ...(come.length === 0 ? [] : [{ op: 'add-elements', set, elements: come } as const]),
  ];
}
