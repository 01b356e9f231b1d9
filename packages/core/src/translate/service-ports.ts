import type { ServicePort } from '../model/index.js';
import { quote } from '../model/index.js';
import { fieldsOf, isDnsLabel, isPort, protocolOf } from './fields.js';
import type { Fields, Findings } from './fields.js';

/** Most ports of one Service that are used. A Service with 1,000 ports is an accident or an attack. */
export const mostServicePorts = 1_000;

/** One of `spec.ports`, read. */
export type PortSpec = Pick<ServicePort, 'portName' | 'protocol' | 'port' | 'nodePort'>;

/** The usable ones of `spec.ports`. Of two with one name, port or node port the first has it, as nobody can say which. */
export function portSpecsOf(spec: Fields, findings: Findings): readonly PortSpec[] {
  const specs: PortSpec[] = [];
  const seen = new Set<string>();
  const isTaken = (identities: readonly string[]): boolean => {
    const taken = identities.some((identity) => seen.has(identity));
    if (!taken) for (const identity of identities) seen.add(identity);
    return taken;
  };
  for (const [index, value] of findings.atMost(mostServicePorts, spec['ports'], 'spec.ports').entries()) {
    const path = `spec.ports[${String(index)}]`;
    const read = portSpecOf(fieldsOf(value), path, findings);
    if (read === undefined) continue;
    const { portName, protocol, port, nodePort } = read;
    if (isTaken([`name ${portName}/${protocol}`, `port ${String(port)}/${protocol}`])) {
      const message = `${String(port)}/${protocol} repeats a name or port of this Service; the first is used`;
      findings.add('duplicate-port', path, message);
    } else if (nodePort !== 0 && isTaken([`node port ${String(nodePort)}/${protocol}`])) {
      const message = `${String(nodePort)}/${protocol} repeats a node port of this Service; the first is used`;
      findings.add('duplicate-port', `${path}.nodePort`, message);
      specs.push({ ...read, nodePort: 0 });
    } else {
      specs.push(read);
    }
  }
  return specs;
}

function portSpecOf(fields: Fields, path: string, findings: Findings): PortSpec | undefined {
  const portName = fields['name'] ?? '';
  if (portName !== '' && !isDnsLabel(portName)) {
    findings.add('invalid-name', `${path}.name`, `${quote(portName)} is not a DNS label; the port is ignored`);
    return undefined;
  }
  const protocol = protocolOf(fields['protocol']);
  if (protocol === undefined) {
    const message = `${quote(fields['protocol'])} is not TCP, UDP or SCTP; the port is ignored`;
    findings.add('invalid-protocol', `${path}.protocol`, message);
    return undefined;
  }
  const port = fields['port'];
  if (!isPort(port)) {
    const message = `${quote(port)} is not a port number (1 to 65535); the port is ignored`;
    findings.add('invalid-port', `${path}.port`, message);
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
