import type { NodeView, ServicePort } from '../model/index.js';
import type { EndpointChoice } from '../balance/index.js';
import type { Decision, Outcome } from './plan.js';

const reject: Decision = { kind: 'reject' };
const drop: Decision = { kind: 'drop' };
const balance = {
  cluster: { plain: frozen('cluster', false), masqueraded: frozen('cluster', true) },
  local: { plain: frozen('local', false), masqueraded: frozen('local', true) },
};

function frozen(over: 'cluster' | 'local', masquerade: boolean): Decision {
  return Object.freeze({ kind: 'balance', over, masquerade });
}

function to(over: 'cluster' | 'local', masquerade: boolean): Decision {
  return masquerade ? balance[over].masqueraded : balance[over].plain;
}

/** Few outcomes exist: they are shared, so that a plan of many frontends stays small. */
const shared: Outcome[] = [];

function outcome(pods: Decision, node: Decision, outside: Decision): Outcome {
  const known = shared.find((one) => one.pods === pods && one.node === node && one.outside === outside);
  if (known !== undefined) return known;
  const made = Object.freeze({ pods, node, outside });
  shared.push(made);
  return made;
}

/**
 * What happens to connections to the cluster IP.
 *
 * Nobody serves the port: refused. The internal policy is Local and no endpoint is on this node: dropped. Otherwise they
 * are balanced, over local endpoints if the policy is Local. Traffic that does not come from a local pod is masqueraded
 * where local pods can be told, because only this node knows the way back; with `masqueradeAll` all of it is.
 */
export function internalOutcome(port: ServicePort, choice: EndpointChoice, node: NodeView): Outcome {
  if (!choice.hasEndpoints) return outcome(reject, reject, reject);
  const over = port.internalTrafficPolicy === 'Local' ? 'local' : 'cluster';
  if (choice[over].length === 0) return outcome(drop, drop, drop);
  const detects = node.detectsLocalPods.includes(port.family);
  const others = to(over, node.masqueradeAll || detects);
  return outcome(to(over, node.masqueradeAll), others, others);
}

/**
 * What happens to connections to a node port, a load balancer's or an external address.
 *
 * Nobody serves the port: refused. The external policy is Cluster: balanced over all endpoints and masqueraded. It is
 * Local: clients outside reach endpoints of this node with their own address, and are dropped if there are none; this
 * node's pods and the node itself reach all endpoints, as if they had gone out to the load balancer and come back.
 */
export function externalOutcome(port: ServicePort, choice: EndpointChoice, node: NodeView): Outcome {
  if (!choice.hasEndpoints) return outcome(reject, reject, reject);
  if (port.externalTrafficPolicy === 'Cluster') {
    const everyone = to('cluster', true);
    return outcome(everyone, everyone, everyone);
  }
  const outside = choice.local.length > 0 ? to('local', false) : drop;
  const pods = node.detectsLocalPods.includes(port.family) ? to('cluster', false) : outside;
  return outcome(pods, to('cluster', true), outside);
}
