import { collapse, familyOf, lengthOf, parseCidr } from '../net/index.js';
import type { Address, Cidr, Family } from '../net/index.js';
import { quote } from '../model/index.js';
import type { ClientIPAffinity, ServicePort, TrafficPolicy } from '../model/index.js';
import { fieldsOf, isPort, listOf, sortedOfFamily } from './fields.js';
import type { Fields, Findings } from './fields.js';

const defaultAffinitySeconds = 10_800;
const mostAffinitySeconds = 86_400;

/** Most addresses of one list (external IPs, load-balancer ingress) that are used. */
export const mostServiceAddresses = 1_000;

/** Most frontends that one list of addresses makes: each is one for every port. Many ports leave room for fewer of them. */
const mostServiceFrontends = 20_000;

/** What all ports of a Service have in common in one family. */
export type Access = Pick<
  ServicePort,
  'loadBalancerIPs' | 'externalIPs' | 'sourceRanges' | 'affinity' | 'externalTrafficPolicy' | 'internalTrafficPolicy'
>;

/** Reads, once for all families, from where and how a Service of so many ports is reached beside its cluster IP. */
export function accessOf(spec: Fields, status: Fields, ports: number, findings: Findings): (family: Family) => Access {
  const most = Math.min(mostServiceAddresses, Math.floor(mostServiceFrontends / ports));
  const externalIPs = externalIPsOf(spec, most, findings);
  const loadBalancerIPs = loadBalancerIPsOf(status, most, findings);
  const sourceRanges = sourceRangesOf(spec, findings);
  const affinity = affinityOf(spec, findings);
  const external = policyOf(spec, 'externalTrafficPolicy', findings);
  const internalTrafficPolicy = policyOf(spec, 'internalTrafficPolicy', findings);
  const { type } = spec;
  const isExternal = type === 'NodePort' || type === 'LoadBalancer' || listOf(spec['externalIPs']).length > 0;
  return (family) => ({
    loadBalancerIPs: sortedOfFamily(loadBalancerIPs, family),
    externalIPs: sortedOfFamily(externalIPs, family),
    sourceRanges: restriction(sourceRanges, family),
    affinity,
    externalTrafficPolicy: isExternal ? external : 'Cluster',
    internalTrafficPolicy,
  });
}

const isBlank = (value: unknown): boolean => typeof value === 'string' && value.trim() === '';

function externalIPsOf(spec: Fields, most: number, findings: Findings): readonly Address[] {
  const all = findings.atMost(most, spec['externalIPs'], 'spec.externalIPs');
  return all.flatMap((value, index) =>
    isBlank(value) ? [] : (findings.address(value, `spec.externalIPs[${String(index)}]`, 'frontend') ?? []),
  );
}

function loadBalancerIPsOf(status: Fields, most: number, findings: Findings): readonly Address[] {
  const path = 'status.loadBalancer.ingress';
  const all = findings.atMost(most, fieldsOf(status['loadBalancer'])['ingress'], path);
  return all.flatMap((value, index) => {
    const { ip, ipMode } = fieldsOf(value);
    const isCaptured = ipMode === undefined || ipMode === null || ipMode === 'VIP';
    if (!isCaptured || ip === undefined || ip === null || isBlank(ip)) return [];
    return findings.address(ip, `${path}[${String(index)}].ip`, 'frontend') ?? [];
  });
}

function sourceRangesOf(spec: Fields, findings: Findings): readonly Cidr[] {
  const path = 'spec.loadBalancerSourceRanges';
  return findings.list(spec['loadBalancerSourceRanges'], path).flatMap((value, index) => {
    if (isBlank(value)) return [];
    const cidr = parseCidr(value);
    if (cidr !== undefined) return cidr;
    const message = `${quote(value)} is not a CIDR such as 192.0.2.0/24; it is ignored (a list without a CIDR allows all)`;
    findings.add('invalid-value', `${path}[${String(index)}]`, message);
    return [];
  });
}

/** A list that has a `/0`, or nothing usable for the family, is no restriction: kube-proxy's rule. */
function restriction(all: readonly Cidr[], family: Family): readonly Cidr[] {
  const ranges = all.filter((cidr) => familyOf(cidr) === family);
  return ranges.some((cidr) => lengthOf(cidr) === 0) ? [] : collapse(ranges);
}

function policyOf(
  spec: Fields,
  field: 'externalTrafficPolicy' | 'internalTrafficPolicy',
  findings: Findings,
): TrafficPolicy {
  const value = spec[field];
  if (value === 'Local') return 'Local';
  if (value !== undefined && value !== null && value !== '' && value !== 'Cluster') {
    findings.add('invalid-value', `spec.${field}`, `${quote(value)} is neither Cluster nor Local; Cluster is assumed`);
  }
  return 'Cluster';
}

function affinityOf(spec: Fields, findings: Findings): ClientIPAffinity | undefined {
  const affinity = spec['sessionAffinity'];
  if (affinity !== 'ClientIP') {
    if (affinity !== undefined && affinity !== null && affinity !== '' && affinity !== 'None') {
      const message = `${quote(affinity)} is neither None nor ClientIP; None is assumed`;
      findings.add('invalid-value', 'spec.sessionAffinity', message);
    }
    return undefined;
  }
  const { timeoutSeconds } = fieldsOf(fieldsOf(spec['sessionAffinityConfig'])['clientIP']);
  const seconds = timeoutSeconds ?? defaultAffinitySeconds;
  if (Number.isInteger(seconds) && (seconds as number) >= 1 && (seconds as number) <= mostAffinitySeconds) {
    return { timeoutSeconds: seconds as number };
  }
  const field = 'spec.sessionAffinityConfig.clientIP.timeoutSeconds';
  const message = `${quote(seconds)} is not a number of seconds from 1 to 86400; 10800 is assumed`;
  findings.add('invalid-value', field, message);
  return { timeoutSeconds: defaultAffinitySeconds };
}

/** `healthCheckNodePort` of a LoadBalancer Service with `externalTrafficPolicy: Local`; otherwise 0. */
export function healthCheckNodePortOf(spec: Fields, findings: Findings): number {
  const { type, externalTrafficPolicy, healthCheckNodePort } = spec;
  if (type !== 'LoadBalancer' || externalTrafficPolicy !== 'Local') return 0;
  if (isPort(healthCheckNodePort)) return healthCheckNodePort;
  const message = `${quote(healthCheckNodePort)} is not a port number (1 to 65535); no health check is served`;
  findings.add('invalid-port', 'spec.healthCheckNodePort', message);
  return 0;
}
