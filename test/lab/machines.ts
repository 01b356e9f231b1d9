import type { Family, PodIdentity } from './addresses.js';
import { LabError } from './errors.js';
import { openNamespace, type NetworkNamespace } from './namespace.js';
import { applyLinks, applySettings } from './setup.js';
import {
  clientPlan,
  nodeAPlan,
  nodeBPlan,
  podLink,
  podPlan,
  switchPlan,
  worldPlan,
  type PodAttachment,
  podInterfacePrefix,
} from './topology.js';

const machineNames = ['switch', 'node-a', 'node-b', 'client', 'world'] as const;
/** The fixed machines by name. */
export type Machines = ReadonlyMap<(typeof machineNames)[number], NetworkNamespace>;

/** Makes a namespace for every fixed machine, or none. */
export async function openMachines(): Promise<Machines> {
  const opened = await Promise.allSettled(machineNames.map(async (name) => [name, await openNamespace(name)] as const));
  const failure = opened.find((one) => one.status === 'rejected');
  const machines = new Map(opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
  if (failure === undefined) return machines;
  await Promise.all([...machines.values()].map(async (namespace) => namespace.close()));
  throw failure.reason;
}

/** Makes the machines' links, addresses and routes. */
export async function connectMachines(machines: Machines, families: readonly Family[]): Promise<void> {
  const machine = (name: (typeof machineNames)[number]): NetworkNamespace => machines.get(name) ?? raise(name);
  const pids = { switch: machine('switch').pid, world: machine('world').pid };
  const plans = [
    { of: machine('node-a'), plan: nodeAPlan(pids, families) },
    { of: machine('node-b'), plan: nodeBPlan(pids) },
    { of: machine('client'), plan: clientPlan(pids) },
    // The other ends of the links that the three before make.
    { of: machine('switch'), plan: switchPlan },
    { of: machine('world'), plan: worldPlan },
  ];
  await Promise.all(plans.map(({ of, plan }) => applySettings(of, plan)));
  await Promise.all(plans.slice(0, 3).map(({ of, plan }) => applyLinks(of, plan, families)));
  await Promise.all(plans.slice(3).map(({ of, plan }) => applyLinks(of, plan, families)));
}

/** Makes a pod and hangs it on its node. */
export async function openPod(
  pod: PodIdentity,
  node: NetworkNamespace,
  attachment: PodAttachment,
  families: readonly Family[],
): Promise<NetworkNamespace> {
  const namespace = await openNamespace(`pod ${pod.addresses.IPv4}`);
  const plan = podPlan(pod.node, pod.addresses);
  await applySettings(namespace, plan);
  await applyLinks(node, podLink(attachment, pod.number, pod.addresses, namespace.pid), families);
  await applyLinks(namespace, plan, families);
  await untilUp(node, `${podInterfacePrefix}${pod.number}`, namespace);
  return namespace;
}

/** How often a link is looked at, 50 ms apart, before it is taken down and up again, and before it is given up. */
const looks = { first: 30, all: 200 } as const;

/**
 * Waits until both ends of a pod's link are up. On a busy machine the kernel notices late that a new link has a carrier,
 * or not at all, and meanwhile drops what is sent over it without a word.
 */
async function untilUp(node: NetworkNamespace, name: string, pod: NetworkNamespace): Promise<void> {
  const isUp = async (namespace: NetworkNamespace, link: string): Promise<boolean> =>
    (await namespace.exec(['ip', '-o', 'link', 'show', 'dev', link])).stdout.includes(' state UP ');
  for (let look = 0; look < looks.all; look += 1) {
    if ((await isUp(pod, 'eth0')) && (await isUp(node, name)) && !(await isHeldBack(node, name))) return;
    if (look === looks.first) {
      await node.exec(['ip', 'link', 'set', name, 'down']);
      await node.exec(['ip', 'link', 'set', name, 'up']);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new LabError('LabCommandFailed', `The link ${name} of a pod did not come up.`);
}

/** A port of a bridge forwards only when the bridge has heard that it is up; an interface of its own is no port. */
async function isHeldBack(node: NetworkNamespace, name: string): Promise<boolean> {
  const { stdout } = await node.exec(['bridge', 'link', 'show', 'dev', name], { allowFailure: true });
  return stdout.includes(' state ') && !stdout.includes(' state forwarding');
}

function raise(name: string): never {
  throw new LabError('LabAddress', `The lab has no machine ${name}.`);
}
