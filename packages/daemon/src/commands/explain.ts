import { contains, familyOf, servicePortName } from '@nftproxier/core';
import type { Decision, Frontend, Outcome, ServicePlan, ServicePortPlan } from '@nftproxier/core';
import type { Packet, Trace } from '@nftproxier/nft';
import type { Wishes } from '../sync/wishes.js';

/** A frontend that a packet is sent to. */
export interface Asked {
  readonly service: string;
  readonly port: ServicePortPlan;
  readonly frontend: Frontend;
}

/** The frontends that a packet is sent to: none, one, or where a node port is on an address of a Service, more. */
export function askedOf(plans: Iterable<ServicePlan>, { to, port, protocol }: Packet): readonly Asked[] {
  return [...plans].flatMap(({ service, ports }) =>
    ports
      .filter((one) => one.protocol.toLowerCase() === protocol && one.family === familyOf(to))
      .flatMap((one) =>
        one.frontends
          .filter((frontend) => frontend.port === port && (frontend.kind === 'NodePort' || frontend.address === to))
          .map((frontend) => ({ service: servicePortName(service, one.portName), port: one, frontend })),
      ),
  );
}

/** What an explanation is made from, beside the trace. */
export interface Circumstances {
  readonly nodeName: string;
  readonly wishes: Wishes;
  readonly plans: ReadonlyMap<string, ServicePlan>;
}

/** Why a packet goes where the trace says, in sentences of Kubernetes' words. */
export function reasonsOf(trace: Trace, around: Circumstances): readonly string[] {
  const asked = askedOf(around.plans.values(), trace.packet);
  const [first] = asked;
  if (first === undefined || !concerns(first, trace.packet, around)) return nobody(trace, around);
  return [...fate(first, trace, around), ...sourceOf(first, trace, around)];
}

/** A node port is open at some of the node's addresses only. */
function concerns({ frontend }: Asked, { to }: Packet, { wishes }: Circumstances): boolean {
  if (frontend.kind !== 'NodePort') return true;
  const open = wishes.settings.nodePorts[familyOf(to)];
  return open.kind === 'all' || wishes.network.nodePortAddresses.some((address) => address === to);
}

type Sender = keyof Outcome;

/** Where a packet comes from, as outcomes tell senders apart. */
export function originOf({ from, arrives }: Packet, { wishes }: Circumstances): Sender {
  if (arrives.kind === 'local') return 'node';
  const detector = wishes.settings.localPods[familyOf(from)];
  if (detector === undefined) return 'outside';
  if (detector.kind === 'source') return contains(detector.cidr, from) ? 'pods' : 'outside';
  const matches = detector.prefix ? arrives.name.startsWith(detector.name) : arrives.name === detector.name;
  return matches ? 'pods' : 'outside';
}

function fate(asked: Asked, trace: Trace, around: Circumstances): readonly string[] {
  const { service, port, frontend } = asked;
  const { from } = trace.packet;
  const ranges = frontend.kind === 'NodePort' ? [] : frontend.sourceRanges;
  if (ranges.length > 0 && trace.verdict === 'drop' && !ranges.some((range) => contains(range, from))) {
    return [`${from} is in none of the Service's loadBalancerSourceRanges (${ranges.join(', ')}).`];
  }
  const decision = frontend.outcome[originOf(trace.packet, around)];
  switch (decision.kind) {
    case 'reject':
      return [`${service} has no endpoint that can take connections: none is ready, and none that terminates serves.`];
    case 'drop': {
      const policy = frontend.kind === 'ClusterIP' ? 'internalTrafficPolicy' : 'externalTrafficPolicy';
      return [`${policy} is Local, and no endpoint of ${service} is on ${around.nodeName}: other nodes serve it.`];
    }
    case 'balance':
      return [balanced(decision, port, around)];
  }
}

function balanced(
  { over }: Extract<Decision, { readonly kind: 'balance' }>,
  port: ServicePortPlan,
  around: Circumstances,
) {
  const count = port[over].length;
  const where = over === 'local' ? ` on ${around.nodeName}, as the traffic policy is Local` : '';
  const stays =
    port.affinity === undefined
      ? ''
      : ` A client stays with its endpoint until it has been idle for ${String(port.affinity.timeoutSeconds)} s.`;
  const endpoints = count === 1 ? 'the only endpoint' : `one of ${String(count)} endpoints`;
  return `Each new connection goes to ${endpoints}${where}.${stays}`;
}

function sourceOf({ frontend }: Asked, trace: Trace, around: Circumstances): readonly string[] {
  if (trace.verdict !== 'dnat') return [];
  if (trace.masquerade === 'mixed') {
    return ["An endpoint that connects to itself sees the node's address; the others see the client's own."];
  }
  if (!trace.masquerade) return ["The endpoint sees the client's own address."];
  const sender = originOf(trace.packet, around);
  const why =
    frontend.kind !== 'ClusterIP'
      ? 'the answer must come back through this node, and externalTrafficPolicy is Cluster, or the client is the node'
      : around.wishes.settings.masqueradeAll
        ? 'masqueradeAll is set'
        : sender === 'pods'
          ? 'it is the client itself'
          : 'the client is no pod of this node, so that the answer must come back through this node';
  return [`The endpoint sees the node's address: ${why}.`];
}

function nobody(trace: Trace, { plans, wishes, nodeName }: Circumstances): readonly string[] {
  const { to, port, protocol } = trace.packet;
  const asked = `${String(port)}/${protocol}`;
  const owner = [...plans.values()].find((plan) => plan.ports.some(({ clusterIP }) => clusterIP === to));
  if (owner !== undefined) {
    const ports = owner.ports
      .filter(({ clusterIP }) => clusterIP === to)
      .flatMap(({ frontends, protocol: of }) =>
        frontends.flatMap((one) => (one.kind === 'ClusterIP' ? `${String(one.port)}/${of.toLowerCase()}` : [])),
      );
    return [`${to} is the cluster IP of ${owner.service}, which has no port ${asked}; it has ${ports.join(', ')}.`];
  }
  const external = [...plans.values()].find((plan) =>
    plan.ports.some(({ frontends }) => frontends.some((one) => one.kind !== 'NodePort' && one.address === to)),
  );
  if (external !== undefined) {
    return [`${to} is an address of ${external.service}, which has no port ${asked}: other ports are left alone.`];
  }
  const range = wishes.network.serviceCIDRs.find((cidr) => familyOf(cidr) === familyOf(to) && contains(cidr, to));
  if (range !== undefined) return [`No Service has the cluster IP ${to}, which is in the range ${range}.`];
  if (wishes.view.addresses.includes(to)) return [`No Service has the node port ${asked} at ${to} of ${nodeName}.`];
  return [`No Service has ${to} on ${nodeName}.`];
}
