import { sharesOf, whichEndpoint } from '@nftproxier/core';
import type { Algorithm, Backend, PlaceDistribution, ServiceKey } from '@nftproxier/core';
import type { Packet } from '@nftproxier/nft';
import type { DesiredNode } from './desired.js';
import { originOf } from './explain.js';
import type { Asked } from './explain.js';

/** Most endpoints that are listed with their shares. */
const mostListed = 20;

/** How the endpoint of a packet is chosen: the algorithm, the slot, each endpoint's share, and where zones come in. */
export function balancingLines(desired: DesiredNode, asked: Asked, packet: Packet): readonly string[] {
  const { cluster, wishes, name } = desired;
  const { port, frontend } = asked;
  const origin = originOf(packet, { nodeName: name, wishes, plans: cluster.planner.plans });
  const decision = frontend.outcome[origin];
  // One endpoint is no choice.
  if (decision.kind !== 'balance' || port[decision.over].length < 2) return [];
  const { affinity, algorithm } = port;
  const lines = [
    `Algorithm: ${algorithmText(algorithm)}${affinity === undefined ? '' : ', for clients that are not remembered'}.`,
  ];
  if (algorithm.kind !== 'random') {
    const client = { address: packet.from, ...(packet.sourcePort !== undefined && { port: packet.sourcePort }) };
    const prediction = whichEndpoint(port, frontend, client, origin);
    if (prediction.kind === 'backend') {
      const { slot, slots, backend } = prediction;
      lines.push(`The client has slot ${String(slot)} of ${String(slots)}: ${endpointText(backend)}.`);
    }
    const shares = sharesOf(port[decision.over], algorithm);
    const shown = shares
      .slice(0, mostListed)
      .map(({ endpoint, share }) => `${endpointText(endpoint)} ${percent(share)}`);
    const more = shares.length > mostListed ? `, and ${String(shares.length - mostListed)} more` : '';
    lines.push(`Shares of all clients: ${shown.join(', ')}${more}.`);
  }
  return decision.over === 'local' ? lines : [...lines, ...zoneLines(desired, asked)];
}

function zoneLines({ cluster }: DesiredNode, { service, port }: Asked): readonly string[] {
  const [key = ''] = service.split(':');
  const found = cluster.planner
    .distributionOf(key as ServiceKey)
    ?.find((one) => one.portName === port.portName && one.family === port.family && one.protocol === port.protocol);
  return found === undefined ? [] : placeLines(found.here);
}

function placeLines({ from, hints, to }: PlaceDistribution): readonly string[] {
  const place = from === '' ? 'this node' : `this node in zone ${from}`;
  const verdict = hints.honoured
    ? `Topology hints are honoured (${hints.by}).`
    : `Topology hints are not honoured: ${hints.message}.`;
  if (to.every(({ zone }) => zone === '')) return [verdict];
  const shares = to.map(({ zone, share }) => `${zone === '' ? 'no zone' : `zone ${zone}`} ${percent(share)}`);
  return [verdict, `Shares of zones, from ${place}: ${shares.join(', ')}.`];
}

function algorithmText(algorithm: Algorithm): string {
  switch (algorithm.kind) {
    case 'random':
      return 'random, every endpoint alike';
    case 'weighted':
      return 'weighted, at random by weight';
    case 'source-hash':
    case 'maglev':
      return `${algorithm.kind}, by the client's address${algorithm.hashKey === 'client' ? '' : ' and port'}`;
  }
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

function endpointText({ address, port }: Pick<Backend, 'address' | 'port'>): string {
  return address.includes(':') ? `[${address}]:${String(port)}` : `${address}:${String(port)}`;
}
