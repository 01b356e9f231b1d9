import { families, familyOf } from '../net/index.js';
import type { Address, Family } from '../net/index.js';
import { quote } from '../model/index.js';
import { listOf } from './fields.js';
import type { Fields, Findings } from './fields.js';

/** A Service's cluster IP in one family. */
export interface ClusterIP {
  readonly family: Family;
  readonly clusterIP: Address;
}

/**
 * The cluster IPs of a Service, at most one per family: without `ipFamilies` it is `clusterIP`, otherwise the one of
 * `clusterIPs` that stands where the family stands in `ipFamilies`.
 */
export function clusterIPsOf(spec: Fields, findings: Findings): readonly ClusterIP[] {
  const ipFamilies = findings.list(spec['ipFamilies'], 'spec.ipFamilies');
  if (ipFamilies.length === 0) {
    const clusterIP = findings.address(spec['clusterIP'], 'spec.clusterIP', 'frontend');
    return clusterIP === undefined ? [] : [{ family: familyOf(clusterIP), clusterIP }];
  }
  for (const [index, family] of ipFamilies.entries()) {
    if (families.some((known) => known === family)) continue;
    const message = `${quote(family)} is neither IPv4 nor IPv6; it is ignored`;
    findings.add('invalid-value', `spec.ipFamilies[${String(index)}]`, message);
  }
  return families.flatMap((family) => {
    const index = ipFamilies.indexOf(family);
    const clusterIP = index < 0 ? undefined : clusterIPAt(index, family, spec, findings);
    return clusterIP === undefined ? [] : [{ family, clusterIP }];
  });
}

function clusterIPAt(index: number, family: Family, spec: Fields, findings: Findings): Address | undefined {
  const field = `spec.clusterIPs[${String(index)}]`;
  const text = listOf(spec['clusterIPs'])[index] ?? (index === 0 ? spec['clusterIP'] : undefined);
  const address = findings.address(text, field, 'frontend');
  if (address === undefined || familyOf(address) === family) return address;
  findings.add('wrong-family', field, `${address} is not an ${family} address, as spec.ipFamilies says; it is ignored`);
  return undefined;
}
