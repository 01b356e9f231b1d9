import { familyOf } from '../net/index.js';
import type { Family } from '../net/index.js';
import type { EndpointSlice, KubernetesObject } from '../kubernetes/index.js';
import { headlessLabel, serviceNameLabel, serviceProxyNameLabel } from '../kubernetes/index.js';
import { quote } from '../model/index.js';
import type { Diagnostic, ServiceKey, SliceEndpoint, SliceModel } from '../model/index.js';
import { Findings, fieldsOf, isDnsLabel, isObjectName, isPort, listOf, protocolOf } from './fields.js';

/** Most endpoints of one slice that are used: the API server's own limit. */
export const mostSliceEndpoints = 1_000;

/** Most ports of one slice that are used; the API server's own limit, 20,000, would make millions of pairs. */
export const mostSlicePorts = 1_000;

/** What becomes of an EndpointSlice: a model, or only the reasons why it is none (there may be no reason to report). */
export interface TranslatedSlice {
  readonly model?: SliceModel;
  readonly diagnostics: readonly Diagnostic[];
}

/** `namespace/name` of an EndpointSlice, or undefined if either cannot be an object's name. */
export function sliceKeyOf(object: KubernetesObject): string | undefined {
  const { namespace, name } = fieldsOf(object.metadata);
  const inNamespace = namespace ?? 'default';
  return isDnsLabel(inNamespace) && isObjectName(name) ? `${inNamespace}/${name}` : undefined;
}

/** Reads an EndpointSlice. Whatever cannot be used is left out and reported; the rest of the slice is used. */
export function translateSlice(slice: EndpointSlice): TranslatedSlice {
  const key = sliceKeyOf(slice);
  const { namespace, name } = fieldsOf(slice.metadata);
  const findings = new Findings(
    'EndpointSlice',
    key?.split('/')[0] ?? quote(namespace),
    key?.split('/')[1] ?? quote(name),
  );
  const { diagnostics } = findings;
  if (key === undefined) {
    findings.add('invalid-name', 'metadata', 'namespace and name are not those of an object; the slice is ignored');
    return { diagnostics };
  }
  const labels = fieldsOf(slice.metadata?.labels);
  if (labels[headlessLabel] !== undefined || labels[serviceProxyNameLabel] !== undefined) return { diagnostics };
  const serviceName = labels[serviceNameLabel];
  if (!isDnsLabel(serviceName)) {
    const what = serviceName === undefined ? 'is missing' : `is ${quote(serviceName)}, which is not a DNS label`;
    findings.add(
      'no-service',
      `metadata.labels[${serviceNameLabel}]`,
      `the label ${what}; the slice belongs to no Service`,
    );
    return { diagnostics };
  }
  const family = slice.addressType;
  if (family !== 'IPv4' && family !== 'IPv6') {
    findings.add(
      'unsupported-address-type',
      'addressType',
      `${quote(family)} is neither IPv4 nor IPv6; the slice is ignored`,
    );
    return { diagnostics };
  }
  const model: SliceModel = {
    key,
    service: `${key.split('/')[0] ?? ''}/${serviceName}` as ServiceKey,
    family,
    ports: readPorts(slice, findings),
    endpoints: readEndpoints(slice, family, findings),
    diagnostics,
  };
  return { model, diagnostics };
}

function readPorts(slice: EndpointSlice, findings: Findings): SliceModel['ports'] {
  const all = listOf(slice.ports);
  if (all.length > mostSlicePorts) {
    findings.add('too-many', 'ports', `of ${String(all.length)} ports the first ${String(mostSlicePorts)} are used`);
  }
  return all.slice(0, mostSlicePorts).flatMap((value, index) => {
    const { name, port, protocol } = fieldsOf(value);
    // "All ports" (no port) and ports without a name field are unsupported, as in kube-proxy, and not worth a report.
    if (typeof name !== 'string' || port === undefined || port === null || port === 0) return [];
    const known = protocolOf(protocol);
    if (known === undefined) {
      findings.add(
        'invalid-protocol',
        `ports[${String(index)}].protocol`,
        `${quote(protocol)} is not TCP, UDP or SCTP; the port is ignored`,
      );
      return [];
    }
    if (!isPort(port)) {
      findings.add(
        'invalid-port',
        `ports[${String(index)}].port`,
        `${quote(port)} is not a port number (1 to 65535); the port is ignored`,
      );
      return [];
    }
    return [{ name, protocol: known, port }];
  });
}

const none: readonly string[] = [];

function readEndpoints(slice: EndpointSlice, family: Family, findings: Findings): readonly SliceEndpoint[] {
  const all = listOf(slice.endpoints);
  if (all.length > mostSliceEndpoints) {
    findings.add(
      'too-many',
      'endpoints',
      `of ${String(all.length)} endpoints the first ${String(mostSliceEndpoints)} are used`,
    );
  }
  const endpoints: SliceEndpoint[] = [];
  for (const [index, value] of all.slice(0, mostSliceEndpoints).entries()) {
    const fields = fieldsOf(value);
    const addresses = listOf(fields['addresses']);
    if (addresses.length === 0) continue;
    const field = `endpoints[${String(index)}].addresses[0]`;
    const address = findings.address(addresses[0], field, 'endpoint');
    if (address === undefined) continue;
    if (familyOf(address) !== family) {
      findings.add('wrong-family', field, `${address} is not an ${family} address, as addressType says; it is ignored`);
      continue;
    }
    const conditions = fieldsOf(fields['conditions']);
    const hints = fieldsOf(fields['hints']);
    endpoints.push({
      address,
      ready: conditions['ready'] !== false,
      serving: conditions['serving'] !== false,
      terminating: conditions['terminating'] === true,
      nodeName: typeof fields['nodeName'] === 'string' ? fields['nodeName'] : '',
      zoneHints: namesOf(hints['forZones']),
      nodeHints: namesOf(hints['forNodes']),
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
