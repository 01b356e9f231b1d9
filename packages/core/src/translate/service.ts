import { familyOf, families, parseCidr, collapse, lengthOf } from '../net/index.js';
import type { Address, Cidr, Family } from '../net/index.js';
import type { KubernetesObject, Service } from '../kubernetes/index.js';
import { headlessLabel, serviceProxyNameLabel } from '../kubernetes/index.js';
import { quote } from '../model/index.js';
import type {
  ClientIPAffinity,
  Diagnostic,
  ServiceKey,
  ServiceModel,
  ServicePort,
  TrafficPolicy,
} from '../model/index.js';
import { Findings, fieldsOf, isDnsLabel, isPort, listOf, protocolOf, sortedOfFamily } from './fields.js';

const defaultAffinitySeconds = 10_800;
const mostAffinitySeconds = 86_400;

/** Most ports of one Service that are used. A Service with 1,000 ports is an accident or an attack. */
export const mostServicePorts = 1_000;

/** What becomes of a Service: a model, or only the reasons why it cannot be one. */
export interface TranslatedService {
  readonly model?: ServiceModel;
  readonly diagnostics: readonly Diagnostic[];
}

/** The `namespace/name` of an object that may be a Service's, or undefined if either is not a DNS label. */
export function serviceKeyOf(object: KubernetesObject): ServiceKey | undefined {
  const { namespace, name } = fieldsOf(object.metadata);
  const inNamespace = namespace ?? 'default';
  return isDnsLabel(inNamespace) && isDnsLabel(name) ? (`${inNamespace}/${name}` as ServiceKey) : undefined;
}

/**
 * Reads a Service. Whatever cannot be used (an address that is none, a port out of range) is left out and reported; the
 * rest of the Service is used. A Service that no proxy implements (headless, ExternalName, another proxy's) has no ports.
 */
export function translateService(service: Service): TranslatedService {
  const key = serviceKeyOf(service);
  if (key === undefined) {
    const { namespace, name } = fieldsOf(service.metadata);
    const findings = new Findings('Service', quote(namespace), quote(name));
    findings.add('invalid-name', 'metadata', 'namespace and name must be DNS labels; the Service is ignored');
    return { diagnostics: findings.diagnostics };
  }
  const [namespace = '', name = ''] = key.split('/');
  const findings = new Findings('Service', namespace, name);
  const ports = isProxied(service) ? readPorts(service, findings) : [];
  const model: ServiceModel = {
    key,
    namespace,
    name,
    uid: typeof service.metadata?.uid === 'string' ? service.metadata.uid : '',
    created: timeOf(service.metadata?.creationTimestamp),
    ports,
    healthCheckNodePort: ports.length > 0 ? healthCheckNodePortOf(service, findings) : 0,
    diagnostics: findings.diagnostics,
  };
  return { model, diagnostics: findings.diagnostics };
}

function isProxied(service: Service): boolean {
  const { clusterIP, type } = fieldsOf(service.spec);
  const labels = fieldsOf(service.metadata?.labels);
  if (labels[serviceProxyNameLabel] !== undefined || labels[headlessLabel] !== undefined) return false;
  return typeof clusterIP === 'string' && clusterIP !== '' && clusterIP !== 'None' && type !== 'ExternalName';
}

function readPorts(service: Service, findings: Findings): readonly ServicePort[] {
  const perFamily = families.flatMap((family) => {
    const clusterIP = clusterIPOf(service, family, findings);
    return clusterIP === undefined ? [] : [{ family, clusterIP }];
  });
  const specs = perFamily.length === 0 ? [] : readPortSpecs(service, findings);
  if (specs.length === 0) return [];
  const shared = readShared(service, findings);
  return perFamily.flatMap(({ family, clusterIP }) => {
    const ofFamily = {
      family,
      clusterIP,
      loadBalancerIPs: sortedOfFamily(shared.loadBalancerIPs, family),
      externalIPs: sortedOfFamily(shared.externalIPs, family),
      sourceRanges: sourceRangesOf(shared.sourceRanges, family),
      affinity: shared.affinity,
      externalTrafficPolicy: shared.externalTrafficPolicy,
      internalTrafficPolicy: shared.internalTrafficPolicy,
    };
    return specs.map((spec): ServicePort => ({ ...spec, ...ofFamily }));
  });
}

function clusterIPOf(service: Service, family: Family, findings: Findings): Address | undefined {
  const spec = fieldsOf(service.spec);
  const ipFamilies = listOf(spec['ipFamilies']);
  if (ipFamilies.length === 0) {
    // Read once, for the first family; a text that is no address belongs to none.
    const text = spec['clusterIP'];
    const address = family === families[0] ? findings.address(text, 'spec.clusterIP', 'frontend') : silent(text);
    return address !== undefined && familyOf(address) === family ? address : undefined;
  }
  const index = ipFamilies.indexOf(family);
  if (index < 0) return undefined;
  const field = `spec.clusterIPs[${String(index)}]`;
  const text = listOf(spec['clusterIPs'])[index] ?? (index === 0 ? spec['clusterIP'] : undefined);
  const address = findings.address(text, field, 'frontend');
  if (address === undefined || familyOf(address) === family) return address;
  findings.add('wrong-family', field, `${address} is not an ${family} address, as spec.ipFamilies says; it is ignored`);
  return undefined;
}

function silent(text: unknown): Address | undefined {
  return new Findings('', '', '').address(text, '', 'frontend');
}

type PortSpec = Pick<ServicePort, 'portName' | 'protocol' | 'port' | 'nodePort'>;

function readPortSpecs(service: Service, findings: Findings): readonly PortSpec[] {
  const specs: PortSpec[] = [];
  const seen = new Set<string>();
  const all = listOf(fieldsOf(service.spec)['ports']);
  if (all.length > mostServicePorts) {
    findings.add(
      'too-many',
      'spec.ports',
      `of ${String(all.length)} ports the first ${String(mostServicePorts)} are used`,
    );
  }
  for (const [index, value] of all.slice(0, mostServicePorts).entries()) {
    const spec = readPortSpec(fieldsOf(value), `spec.ports[${String(index)}]`, findings);
    if (spec === undefined) continue;
    const identities = [`${spec.portName}/${spec.protocol}`, `${String(spec.port)}/${spec.protocol} `];
    if (identities.some((identity) => seen.has(identity))) {
      const port = `${String(spec.port)}/${spec.protocol}`;
      findings.add(
        'duplicate-port',
        `spec.ports[${String(index)}]`,
        `${port} repeats a name or port of this Service; the first is used`,
      );
      continue;
    }
    for (const identity of identities) seen.add(identity);
    specs.push(spec);
  }
  return specs;
}

function readPortSpec(
  fields: Readonly<Record<string, unknown>>,
  path: string,
  findings: Findings,
): PortSpec | undefined {
  const portName = fields['name'] ?? '';
  if (portName !== '' && !isDnsLabel(portName)) {
    findings.add('invalid-name', `${path}.name`, `${quote(portName)} is not a DNS label; the port is ignored`);
    return undefined;
  }
  const protocol = protocolOf(fields['protocol']);
  if (protocol === undefined) {
    findings.add(
      'invalid-protocol',
      `${path}.protocol`,
      `${quote(fields['protocol'])} is not TCP, UDP or SCTP; the port is ignored`,
    );
    return undefined;
  }
  const port = fields['port'];
  if (!isPort(port)) {
    findings.add(
      'invalid-port',
      `${path}.port`,
      `${quote(port)} is not a port number (1 to 65535); the port is ignored`,
    );
    return undefined;
  }
  return { portName, protocol, port, nodePort: nodePortOf(fields['nodePort'], `${path}.nodePort`, findings) };
}

function nodePortOf(value: unknown, field: string, findings: Findings): number {
  if (value === undefined || value === null || value === 0) return 0;
  if (isPort(value)) return value;
  findings.add('invalid-port', field, `${quote(value)} is not a port number (1 to 65535); no node port is opened`);
  return 0;
}

interface SharedFields {
  readonly loadBalancerIPs: readonly Address[];
  readonly externalIPs: readonly Address[];
  readonly sourceRanges: readonly Cidr[];
  readonly affinity: ClientIPAffinity | undefined;
  readonly externalTrafficPolicy: TrafficPolicy;
  readonly internalTrafficPolicy: TrafficPolicy;
}

function readShared(service: Service, findings: Findings): SharedFields {
  const spec = fieldsOf(service.spec);
  const type = spec['type'];
  const externalIPs = listOf(spec['externalIPs']).flatMap((value, index) => {
    if (typeof value === 'string' && value.trim() === '') return [];
    return findings.address(value, `spec.externalIPs[${String(index)}]`, 'frontend') ?? [];
  });
  const external = policyOf(spec['externalTrafficPolicy'], 'spec.externalTrafficPolicy', findings);
  const isExternal = type === 'NodePort' || type === 'LoadBalancer' || listOf(spec['externalIPs']).length > 0;
  return {
    loadBalancerIPs: loadBalancerIPsOf(service, findings),
    externalIPs,
    sourceRanges: listOf(spec['loadBalancerSourceRanges']).flatMap((value, index) => {
      if (typeof value === 'string' && value.trim() === '') return [];
      const cidr = parseCidr(value);
      if (cidr !== undefined) return cidr;
      const field = `spec.loadBalancerSourceRanges[${String(index)}]`;
      findings.add('invalid-value', field, `${quote(value)} is not a CIDR such as 192.0.2.0/24; it allows nobody`);
      return [];
    }),
    affinity: affinityOf(spec, findings),
    externalTrafficPolicy: isExternal ? external : 'Cluster',
    internalTrafficPolicy: policyOf(spec['internalTrafficPolicy'], 'spec.internalTrafficPolicy', findings),
  };
}

/** A list that has a `/0`, or nothing usable for the family, is no restriction: kube-proxy's rule. */
function sourceRangesOf(all: readonly Cidr[], family: Family): readonly Cidr[] {
  const ranges = all.filter((cidr) => familyOf(cidr) === family);
  return ranges.some((cidr) => lengthOf(cidr) === 0) ? [] : collapse(ranges);
}

function loadBalancerIPsOf(service: Service, findings: Findings): readonly Address[] {
  const ingress = listOf(fieldsOf(fieldsOf(service.status)['loadBalancer'])['ingress']);
  return ingress.flatMap((value, index) => {
    const { ip, ipMode } = fieldsOf(value);
    const captured = ipMode === undefined || ipMode === null || ipMode === 'VIP';
    if (!captured || ip === undefined || ip === null || ip === '') return [];
    return findings.address(ip, `status.loadBalancer.ingress[${String(index)}].ip`, 'frontend') ?? [];
  });
}

function policyOf(value: unknown, field: string, findings: Findings): TrafficPolicy {
  if (value === 'Local') return 'Local';
  if (value !== undefined && value !== null && value !== '' && value !== 'Cluster') {
    findings.add('invalid-value', field, `${quote(value)} is neither Cluster nor Local; Cluster is assumed`);
  }
  return 'Cluster';
}

function affinityOf(spec: Readonly<Record<string, unknown>>, findings: Findings): ClientIPAffinity | undefined {
  const affinity = spec['sessionAffinity'];
  if (affinity !== 'ClientIP') {
    if (affinity !== undefined && affinity !== null && affinity !== '' && affinity !== 'None') {
      findings.add(
        'invalid-value',
        'spec.sessionAffinity',
        `${quote(affinity)} is neither None nor ClientIP; None is assumed`,
      );
    }
    return undefined;
  }
  const seconds =
    fieldsOf(fieldsOf(spec['sessionAffinityConfig'])['clientIP'])['timeoutSeconds'] ?? defaultAffinitySeconds;
  if (Number.isInteger(seconds) && (seconds as number) >= 1 && (seconds as number) <= mostAffinitySeconds) {
    return { timeoutSeconds: seconds as number };
  }
  const field = 'spec.sessionAffinityConfig.clientIP.timeoutSeconds';
  findings.add(
    'invalid-value',
    field,
    `${quote(seconds)} is not a number of seconds from 1 to 86400; 10800 is assumed`,
  );
  return { timeoutSeconds: defaultAffinitySeconds };
}

function healthCheckNodePortOf(service: Service, findings: Findings): number {
  const { type, externalTrafficPolicy, healthCheckNodePort } = fieldsOf(service.spec);
  if (type !== 'LoadBalancer' || externalTrafficPolicy !== 'Local') return 0;
  if (isPort(healthCheckNodePort)) return healthCheckNodePort;
  if (healthCheckNodePort !== undefined && healthCheckNodePort !== null && healthCheckNodePort !== 0) {
    const message = `${quote(healthCheckNodePort)} is not a port number (1 to 65535); no health check is served`;
    findings.add('invalid-port', 'spec.healthCheckNodePort', message);
  }
  return 0;
}

function timeOf(value: unknown): number {
  const time = value instanceof Date ? value.getTime() : typeof value === 'string' ? Date.parse(value) : NaN;
  return Number.isNaN(time) ? Infinity : time;
}
