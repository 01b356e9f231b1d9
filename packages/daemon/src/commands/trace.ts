import { contains, familyOf, parseAddress, parseCidr, servicePortName } from '@nftproxier/core';
import type { Address, Frontend, ServicePlan } from '@nftproxier/core';
import { TraceError, parseDestination, renderTrace, tracePacket } from '@nftproxier/nft';
import type { Destination, Packet, Trace } from '@nftproxier/nft';
import { FakeNft } from '@nftproxier/nft/testing';
import { addressesOfNode } from '../host/index.js';
import type { DesiredNode } from './desired.js';
import { exitCodes } from './output.js';
import type { ExitCode, Output } from './output.js';
import { desiredOrComplaint } from './render.js';

/** Options of `trace` beside the flags of the daemon. */
export interface TraceOptions {
  /** An address, or `node` for the node itself. */
  readonly from: string;
  /** `ADDRESS:PORT/PROTOCOL`. */
  readonly to: string;
  /** The interface the packet arrives on; by default that of pods for pod addresses, else `eth0`. */
  readonly interface?: string;
  readonly output: 'text' | 'json';
  /** Show rules that did not match, too. */
  readonly all?: boolean;
}

/** `nftproxier trace`: where a packet goes on a node that manifests describe, step by step, and why. */
export async function trace(argv: readonly string[], options: TraceOptions, output: Output): Promise<ExitCode> {
  const to = parseDestination(options.to);
  if (to === undefined) {
    output.err(
      `error: --to: ${JSON.stringify(options.to)} is not ADDRESS:PORT/PROTOCOL, such as 10.96.0.10:53/udp or [fd00::1]:80/tcp\n`,
    );
    return exitCodes.usage;
  }
  const desired = await desiredOrComplaint(argv, 'trace', output);
  if (typeof desired === 'number') return desired;
  try {
    const packet = packetOf(desired, options, to);
    const fake = new FakeNft();
    await fake.apply(desired.transaction);
    const result = tracePacket(fake, packet, { localAddresses: addressesOfNode(desired.cluster.node) });
    output.out(
      options.output === 'json' ? `${JSON.stringify(result, undefined, 2)}\n` : textOf(desired, result, options),
    );
    return exitCodes.ok;
  } catch (error) {
    if (!(error instanceof TraceError)) throw error;
    output.err(`error: ${error.message}\n`);
    return exitCodes.usage;
  }
}

function packetOf(desired: DesiredNode, { from, interface: name }: TraceOptions, to: Destination): Packet {
  const own = addressesOfNode(desired.cluster.node);
  if (from === 'node') {
    const address = own.find((candidate) => familyOf(candidate) === familyOf(to.to));
    if (address === undefined) {
      throw new TraceError(
        `the Node has no ${familyOf(to.to)} address: add it to status.addresses, or give --from an address`,
      );
    }
    return { ...to, from: address, arrives: { kind: 'local' } };
  }
  const address = parseAddress(from);
  if (address === undefined)
    throw new TraceError(`--from: ${JSON.stringify(from)} is neither an IP address nor "node"`);
  if (own.includes(address)) return { ...to, from: address, arrives: { kind: 'local' } };
  return { ...to, from: address, arrives: { kind: 'interface', name: name ?? interfaceOf(desired, address) } };
}

/** Pods come in on the interface that `detectLocalMode` names, others on the machine's own. */
function interfaceOf({ cluster, wishes }: DesiredNode, address: Address): string {
  const isLocalPod = (cluster.node?.spec?.podCIDRs ?? []).some((text) => {
    const cidr = parseCidr(text);
    return cidr !== undefined && contains(cidr, address);
  });
  if (!isLocalPod) return 'eth0';
  const detector = wishes.settings.localPods[familyOf(address)];
  if (detector?.kind !== 'interface') return 'cni0';
  return detector.prefix ? `${detector.name}0` : detector.name;
}

function textOf(desired: DesiredNode, result: Trace, { all = false }: TraceOptions): string {
  const asked = [...desired.cluster.planner.plans.values()].flatMap((plan) => askedFrontends(plan, result.packet));
  const what = asked.length === 0 ? 'No Service has this address and port on this node.\n' : asked.join('');
  return `${what}${renderTrace(result, { all })}`;
}

function askedFrontends(plan: ServicePlan, { to, port, protocol }: Packet): readonly string[] {
  return plan.ports.flatMap((servicePort) => {
    const found = servicePort.frontends.filter(
      (frontend) =>
        frontend.port === port &&
        servicePort.protocol.toLowerCase() === protocol &&
        servicePort.family === familyOf(to) &&
        (frontend.kind === 'NodePort' || frontend.address === to),
    );
    const name = servicePortName(plan.service, servicePort.portName);
    const kinds: readonly Frontend['kind'][] = found.map(({ kind }) => kind);
    return kinds.map((kind) => `Service port ${name}, by its ${kind}\n`);
  });
}
