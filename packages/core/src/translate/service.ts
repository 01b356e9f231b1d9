import type { KubernetesObject, Service } from '../kubernetes/index.js';
import { headlessLabel, serviceProxyNameLabel } from '../kubernetes/index.js';
import { quote } from '../model/index.js';
import type { Diagnostic, ServiceKey, ServiceModel, ServicePort } from '../model/index.js';
import { accessOf, healthCheckNodePortOf } from './access.js';
import { balancingOf } from './balancing.js';
import { clusterIPsOf } from './cluster-ip.js';
import { fieldsOf, Findings, isDnsLabel, joined, metadataOf } from './fields.js';
import type { Fields } from './fields.js';
import { portSpecsOf } from './service-ports.js';

/** What becomes of a Service: a model, or only the reasons why it cannot be one. */
export interface TranslatedService {
  /** Absent where namespace or name is not a DNS label. */
  readonly model?: ServiceModel;
  /** Everything that is wrong with the Service; those of the model, if there is one. */
  readonly diagnostics: readonly Diagnostic[];
}

/** The `namespace/name` of an object that may be a Service's, or undefined if either is not a DNS label. */
export function serviceKeyOf(object: KubernetesObject): ServiceKey | undefined {
  const { namespace, name } = metadataOf(object);
  const inNamespace = namespace ?? 'default';
  return isDnsLabel(inNamespace) && isDnsLabel(name) ? (joined(inNamespace, name) as ServiceKey) : undefined;
}

/**
 * Reads a Service. Whatever cannot be used (an address that is none, a port out of range) is left out and reported; the
 * rest of the Service is used. A Service that no proxy implements (headless, ExternalName, another proxy's) has no ports.
 */
export function translateService(service: Service): TranslatedService {
  const key = serviceKeyOf(service);
  const metadata = metadataOf(service);
  if (key === undefined) {
    const findings = new Findings('Service', quote(metadata['namespace']), quote(metadata['name']));
    findings.add('invalid-name', 'metadata', 'namespace and name must be DNS labels; the Service is ignored');
    return { diagnostics: findings.diagnostics };
  }
  const [namespace = '', name = ''] = key.split('/');
  const findings = new Findings('Service', namespace, name);
  const spec = findings.fields(fieldsOf(service)['spec'], 'spec');
  const status = fieldsOf(fieldsOf(service)['status']);
  const ports = isProxied(metadata, spec, findings) ? readPorts(metadata, spec, status, findings) : [];
  const { uid, creationTimestamp } = metadata;
  const model: ServiceModel = {
    key,
    namespace,
    name,
    uid: typeof uid === 'string' ? uid : '',
    created: timeOf(creationTimestamp),
    ports,
    healthCheckNodePort: ports.length > 0 ? healthCheckNodePortOf(spec, findings) : 0,
    diagnostics: findings.diagnostics,
  };
  return { model, diagnostics: findings.diagnostics };
}

function isProxied(metadata: Fields, { type, clusterIP }: Fields, findings: Findings): boolean {
  const labels = fieldsOf(metadata['labels']);
  if (labels[serviceProxyNameLabel] !== undefined || labels[headlessLabel] !== undefined) return false;
  if (type === 'ExternalName' || clusterIP === undefined || clusterIP === null) return false;
  if (typeof clusterIP === 'string') return clusterIP !== '' && clusterIP !== 'None';
  findings.add('invalid-address', 'spec.clusterIP', `${quote(clusterIP)} is not an IP address; the Service is ignored`);
  return false;
}

function readPorts(metadata: Fields, spec: Fields, status: Fields, findings: Findings): readonly ServicePort[] {
  const clusterIPs = clusterIPsOf(spec, findings);
  const specs = clusterIPs.length === 0 ? [] : portSpecsOf(spec, findings);
  if (specs.length === 0) return [];
  const accessIn = accessOf(spec, status, specs.length, findings);
  const balancing = balancingOf(metadata, findings);
  return clusterIPs.flatMap(({ family, clusterIP }) => {
    const access = accessIn(family);
    // Written out, because spreading two objects into one takes ten times as long, and there may be 100,000 of these.
    return specs.map(({ portName, protocol, port, nodePort }): ServicePort => ({
      portName,
      protocol,
      family,
      clusterIP,
      port,
      nodePort,
      loadBalancerIPs: access.loadBalancerIPs,
      externalIPs: access.externalIPs,
      sourceRanges: access.sourceRanges,
      affinity: access.affinity,
      externalTrafficPolicy: access.externalTrafficPolicy,
      internalTrafficPolicy: access.internalTrafficPolicy,
      balancing,
    }));
  });
}

function timeOf(value: unknown): number {
  const time = value instanceof Date ? value.getTime() : typeof value === 'string' ? Date.parse(value) : NaN;
  return Number.isNaN(time) ? Infinity : time;
}
