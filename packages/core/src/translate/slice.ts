import { familyOf } from '../net/index.js';
import type { Family } from '../net/index.js';
import type { EndpointSlice, KubernetesObject } from '../kubernetes/index.js';
import { headlessLabel, serviceNameLabel } from '../kubernetes/index.js';
import { quote } from '../model/index.js';
import type { Diagnostic, ServiceKey, SliceEndpoint, SliceModel } from '../model/index.js';
import {
  Findings,
  fieldsOf,
  isDnsLabel,
  isObjectName,
  isPort,
  joined,
  listOf,
  metadataOf,
  protocolOf,
} from './fields.js';
import type { Fields } from './fields.js';
import { weightsIn } from './weights.js';
import type { SliceWeights } from './weights.js';

/** Most endpoints of one slice that are used: the API server's own limit. */
export const mostSliceEndpoints = 1_000;

/** Most ports of one slice that are used; the API server's own limit, 20,000, would make millions of pairs. */
export const mostSlicePorts = 1_000;

/** What becomes of an EndpointSlice: a model, or only the reasons why it is none (there may be no reason to report). */
export interface TranslatedSlice {
  /** Absent where the name, the label of the Service or `addressType` cannot be used, and for headless Services. */
  readonly model?: SliceModel;
  /** Everything that is wrong with the slice; those of the model, if there is one. */
  readonly diagnostics: readonly Diagnostic[];
}

/** `namespace/name` of an EndpointSlice, or undefined if either cannot be an object's name. */
export function sliceKeyOf(object: KubernetesObject): string | undefined {
  const { namespace, name } = metadataOf(object);
  const inNamespace = namespace ?? 'default';
  return isDnsLabel(inNamespace) && isObjectName(name) ? joined(inNamespace, name) : undefined;
}

/** Whose endpoints an EndpointSlice has: a Service, or only the reasons why none (there may be no reason to report). */
export interface SliceOwner {
  /** Absent where the name, the label of the Service or `addressType` cannot be used, and for headless Services. */
  readonly service?: ServiceKey;
  /** What is wrong with these; nothing of the endpoints. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads of an EndpointSlice whose it is, without its endpoints: {@link translateSlice} gives it a model, or not, alike. */
export function sliceOwnerOf(slice: EndpointSlice): SliceOwner {
  const head = headOf(slice);
  return 'model' in head ? { service: head.model.service, diagnostics: [] } : head;
}

/** Reads an EndpointSlice. Whatever cannot be used is left out and reported; the rest of the slice is used. */
export function translateSlice(slice: EndpointSlice): TranslatedSlice {
  const head = headOf(slice);
  if (!('model' in head)) return head;
  const { findings } = head;
  const { ports, endpoints }: Fields = fieldsOf(slice);
  const { diagnostics } = findings;
  const model: SliceModel = {
    ...head.model,
    ports: readPorts(ports, findings),
    endpoints: readEndpoints(endpoints, head.model.family, weightsIn(metadataOf(slice), findings), findings),
    diagnostics,
  };
  return { model, diagnostics };
}

interface Head {
  readonly model: Pick<SliceModel, 'key' | 'service' | 'family'>;
  readonly findings: Findings;
}

function headOf(slice: EndpointSlice): Head | { readonly diagnostics: readonly Diagnostic[] } {
  const key = sliceKeyOf(slice);
  const metadata = metadataOf(slice);
  if (key === undefined) {
    const findings = new Findings('EndpointSlice', quote(metadata['namespace']), quote(metadata['name']));
    findings.add('invalid-name', 'metadata', 'namespace and name are not those of an object; the slice is ignored');
    return { diagnostics: findings.diagnostics };
  }
  const [namespace = '', name = ''] = key.split('/');
  const findings = new Findings('EndpointSlice', namespace, name);
  const { diagnostics } = findings;
  const labels = fieldsOf(metadata['labels']);
  if (labels[headlessLabel] !== undefined) return { diagnostics };
  const serviceName = labels[serviceNameLabel];
  if (!isDnsLabel(serviceName)) {
    const what = serviceName === undefined ? 'is missing' : `is ${quote(serviceName)}, which is not a DNS label`;
    const field = `metadata.labels[${serviceNameLabel}]`;
    findings.add('no-service', field, `the label ${what}; the slice belongs to no Service`);
    return { diagnostics };
  }
  const { addressType }: Fields = fieldsOf(slice);
  if (addressType !== 'IPv4' && addressType !== 'IPv6') {
    const message = `${quote(addressType)} is neither IPv4 nor IPv6; the slice is ignored`;
    findings.add('unsupported-address-type', 'addressType', message);
    return { diagnostics };
  }
  return { model: { key, service: joined(namespace, serviceName) as ServiceKey, family: addressType }, findings };
}

function readPorts(list: unknown, findings: Findings): SliceModel['ports'] {
  const seen = new Set<string>();
  return findings.atMost(mostSlicePorts, list, 'ports').flatMap((value, index) => {
    const { name, port, protocol } = fieldsOf(value);
    // "All ports" (no port) and ports without a name field are unsupported, as in kube-proxy, and not worth a report.
    if (typeof name !== 'string' || port === undefined || port === null || port === 0) return [];
    const path = `ports[${String(index)}]`;
    const known = protocolOf(protocol);
    if (known === undefined) {
      const message = `${quote(protocol)} is not TCP, UDP or SCTP; the port is ignored`;
      findings.add('invalid-protocol', `${path}.protocol`, message);
      return [];
    }
    if (!isPort(port)) {
      findings.add(
        'invalid-port',
        `${path}.port`,
        `${quote(port)} is not a port number (1 to 65535); the port is ignored`,
      );
      return [];
    }
    // The API server refuses a repeated name. A thousand of them would multiply the endpoints of one service port.
    if (seen.has(`${name}/${known}`)) {
      findings.add('duplicate-port', path, `${quote(name)} with ${known} is there already; the first is used`);
      return [];
    }
    seen.add(`${name}/${known}`);
    return [{ name, protocol: known, port }];
  });
}

const none: readonly string[] = [];

function readEndpoints(
  list: unknown,
  family: Family,
  weights: SliceWeights,
  findings: Findings,
): readonly SliceEndpoint[] {
  const endpoints: SliceEndpoint[] = [];
  for (const [index, value] of findings.atMost(mostSliceEndpoints, list, 'endpoints').entries()) {
    const fields = fieldsOf(value);
    const path = `endpoints[${String(index)}].addresses`;
    const addresses = findings.list(fields['addresses'], path);
    if (addresses.length === 0) continue;
    const field = `${path}[0]`;
    const address = findings.address(addresses[0], field, 'endpoint');
    if (address === undefined) continue;
    if (familyOf(address) !== family) {
      findings.add('wrong-family', field, `${address} is not an ${family} address, as addressType says; it is ignored`);
      continue;
    }
    const conditions = fieldsOf(fields['conditions']);
    const hints = fieldsOf(fields['hints']);
    const weight = weights.of(address);
    endpoints.push({
      address,
      ready: conditions['ready'] !== false,
      serving: conditions['serving'] !== false,
      terminating: conditions['terminating'] === true,
      nodeName: typeof fields['nodeName'] === 'string' ? fields['nodeName'] : '',
      zoneHints: namesOf(hints['forZones']),
      nodeHints: namesOf(hints['forNodes']),
      ...(typeof fields['zone'] === 'string' && { zone: fields['zone'] }),
      ...(weight !== undefined && { weight }),
    });
  }
  return endpoints;
}

function namesOf(hints: unknown): readonly string[] {
  const names = listOf(hints).flatMap((hint) => {
    const { name } = fieldsOf(hint);
    return typeof name === 'string' ? [name] : [];
  });
  return names.length === 0 ? none : names;
}
