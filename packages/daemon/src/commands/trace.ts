import { contains, familyOf, parseCidr } from '@nftproxier/core';
import type { Address } from '@nftproxier/core';
import { TraceError, parseDestination, renderTrace, tracePacket } from '@nftproxier/nft';
import type { Destination, Packet, Trace } from '@nftproxier/nft';
import { FakeNft } from '@nftproxier/nft/testing';
import { addressesOfNode } from '../host/index.js';
import { readPods } from '../sources/manifests/directory.js';
import type { KnownPod } from '../sources/manifests/pods.js';
import { balancingLines } from './balancing.js';
import { DaemonError } from './debug-client.js';
import type { DesiredNode } from './desired.js';
import { askedOf, reasonsOf } from './explain.js';
import type { Circumstances } from './explain.js';
import { exitCodes } from './output.js';
import type { ExitCode, Output } from './output.js';
import { paint } from './paint.js';
import type { Paint } from './paint.js';
import { senderOf } from './sender.js';
import type { Sender } from './sender.js';
import { desiredOrComplaint } from './render.js';
import { servedByDaemon } from './served.js';

/** Options of `trace` beside the flags of the daemon. */
export interface TraceOptions {
  /** An address, a pod as `NAME` or `NAMESPACE/NAME`, or `node` for the node itself. */
  readonly from: string;
  /** `ADDRESS:PORT/PROTOCOL`. */
  readonly to: string;
  /** The interface the packet arrives on; by default that of pods for pod addresses, else `eth0`. */
  readonly interface?: string;
  readonly output: 'text' | 'json';
  /** A running daemon's `nftproxier.debugBindAddress`, in place of manifests. */
  readonly address?: string;
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
  const desired = await (options.address === undefined
    ? desiredOrComplaint(argv, 'trace', output)
    : servedOrComplaint(options.address, to, output));
  if (typeof desired === 'number') return desired;
  try {
    const pods = desired.directory === undefined ? [] : await readPods(desired.directory);
    const sender = senderOf(options.from, to, desired, pods);
    for (const warning of sender.warnings) output.err(`warning: ${warning}\n`);
    const fake = new FakeNft();
    await fake.apply(desired.transaction);
    const packet = packetOf(desired, sender, options, to);
    const result = tracePacket(fake, packet, { localAddresses: addressesOfNode(desired.cluster.node) });
    const explained = explanationOf(result, desired, pods);
    output.out(
      options.output === 'json'
        ? `${JSON.stringify({ ...result, ...explained }, undefined, 2)}\n`
        : textOf(result, explained, options, paint(output.color === true)),
    );
    return exitCodes.ok;
  } catch (error) {
    if (!(error instanceof TraceError)) throw error;
    output.err(`error: ${error.message}\n`);
    return exitCodes.usage;
  }
}

/** Of all Services of a node, only those that the packet may have to do with are asked for. */
async function servedOrComplaint(
  address: string,
  { to, port }: Destination,
  output: Output,
): Promise<DesiredNode | ExitCode> {
  try {
    return await servedByDaemon(address, { address: to, port: String(port) });
  } catch (error) {
    if (!(error instanceof DaemonError)) throw error;
    output.err(`error: ${error.message}\n`);
    return exitCodes.failed;
  }
}

function packetOf(desired: DesiredNode, sender: Sender, options: TraceOptions, to: Destination): Packet {
  const { address } = sender;
  if (sender.isNode) return { ...to, from: address, arrives: { kind: 'local' } };
  return {
    ...to,
    from: address,
    arrives: { kind: 'interface', name: options.interface ?? interfaceOf(desired, address) },
  };
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

/** What is said beside the steps. */
interface Explanation {
  /** The frontends that the packet is sent to. */
  readonly services: readonly { readonly service: string; readonly frontend: string }[];
  /** How one of its endpoints is chosen, and where zones come in. */
  readonly balancing: readonly string[];
  /** Why it goes where it goes, in sentences. */
  readonly reasons: readonly string[];
  /** The endpoints it may reach, with what manifests know of each. */
  readonly endpoints: readonly (Trace['endpoints'][number] & { readonly pod?: string; readonly node?: string })[];
}

function explanationOf(result: Trace, desired: DesiredNode, pods: readonly KnownPod[]): Explanation {
  const { name, wishes, cluster } = desired;
  const { plans } = cluster.planner;
  const around: Circumstances = { nodeName: name, wishes, plans };
  const asked = askedOf(plans.values(), result.packet);
  return {
    services: asked.map(({ service, frontend }) => ({ service, frontend: frontend.kind })),
    // Of a packet that reaches no endpoint it does not matter how one would be chosen.
    balancing: result.endpoints.length === 0 ? [] : asked.flatMap((one) => balancingLines(desired, one, result.packet)),
    reasons: reasonsOf(result, around),
    endpoints: result.endpoints.map((endpoint) => {
      const pod = pods.find(({ addresses }) => addresses.some((address) => address === endpoint.address));
      if (pod === undefined) return endpoint;
      const node = pod.nodeName === '' ? {} : { node: pod.nodeName };
      return { ...endpoint, pod: `${pod.namespace}/${pod.name}`, ...node };
    }),
  };
}

const verdicts = {
  dnat: 'It is sent to an endpoint.',
  accept: 'It goes on as it was sent.',
  drop: 'It is dropped: the sender hears nothing.',
  reject: 'It is refused: the sender is told that the port is unreachable.',
  mixed: 'Chance decides.',
} as const;

function textOf(result: Trace, explained: Explanation, { all = false }: TraceOptions, color: Paint): string {
  const { services, balancing, reasons, endpoints } = explained;
  const isBad = result.verdict === 'drop' || result.verdict === 'reject';
  const asked = services.map(({ service, frontend }) => `Service port ${service}, by its ${frontend}`);
  const lines = [
    ...(asked.length === 0 ? ['No Service has this address and port on this node.'] : asked),
    renderTrace(result, { all }).trimEnd(),
    '',
    color.strong((isBad ? color.bad : color.good)(verdicts[result.verdict])),
    ...endpoints.map(({ address, port, share, pod, node }) => {
      const socket = address.includes(':') ? `[${address}]:${String(port)}` : `${address}:${String(port)}`;
      const known = [pod === undefined ? [] : `pod ${pod}`, node === undefined ? [] : `on ${node}`].flat().join(' ');
      return `${(share * 100).toFixed(1).padStart(7)} %  ${socket}${known === '' ? '' : `  ${known}`}`;
    }),
    ...balancing,
    ...reasons,
  ];
  return `${lines.join('\n')}\n`;
}
