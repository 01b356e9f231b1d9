import { addresses, familyOf, podOf, type Family } from './addresses.js';
import { startAgent, type Agent } from './agent.js';
import { conntrackOf, type Conntrack } from './conntrack.js';
import { LabError } from './errors.js';
import { connectMachines, openMachines, openPod } from './machines.js';
import type { CommandOptions, CommandResult, NetworkNamespace } from './namespace.js';
import { keyOf, type Place } from './places.js';
import type { FlowRequest, LoadReport, LoadRequest, ProbeReport, ProbeRequest, Try } from './protocol.js';
import { rawProbe, type RawProbeRequest, type RawProtocol } from './raw.js';
import { openServing, type LabListener } from './serving.js';
import type { PodAttachment } from './topology.js';

/** What to build. */
export interface LabOptions {
  /** Families that exist; without IPv6, node-a has it disabled, as with `ipv6.disable`. Both unless given. */
  readonly families?: readonly Family[];
  /** How pods hang on their node; on a bridge unless given. */
  readonly podAttachment?: PodAttachment;
}

/** Connections being made. */
export interface RunningLoad {
  readonly done: Promise<LoadReport>;
  /** Ends it early; `done` then resolves with what was done. */
  stop(): Promise<void>;
}

/**
 * A small cluster of network namespaces: node-a, the node under test, with pods on it; node-b with its pods; an outside
 * client on the same LAN; and the world, which answers for every virtual address that nobody translates.
 *
 * Everything it starts ends when it is closed, and also when this process ends in any way.
 */
export interface Lab {
  readonly families: readonly Family[];
  readonly podAttachment: PodAttachment;
  /** The namespace of a machine. @throws LabError `LabAddress` for a pod that was not added. */
  namespace(place: Place): NetworkNamespace;
  exec(place: Place, argv: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** Loads an nft script on node-a. */
  nft(script: string): Promise<void>;
  /** Adds the pod that has this address (in both families), unless it is there. */
  addPod(address: string): Promise<void>;
  /**
   * Starts servers where their addresses are: a pod (which is added), a node, or the world for any other address.
   * Those that run already stay.
   */
  serve(listeners: readonly LabListener[]): Promise<void>;
  unserve(listeners: readonly LabListener[]): Promise<void>;
  /** Makes new connections from a machine and says what became of each. */
  probe(from: Place, request: ProbeRequest): Promise<ProbeReport>;
  /** The same with SCTP or ICMP, which need perl. */
  rawProbe(from: Place, protocol: RawProtocol, request: RawProbeRequest): Promise<ProbeReport>;
  /** Asks on a flow that stays open under its name. */
  flow(from: Place, request: FlowRequest): Promise<Try>;
  /** Closes the flows of every machine. */
  closeFlows(): Promise<void>;
  /** Makes many short connections. */
  load(from: Place, request: LoadRequest): Promise<RunningLoad>;
  /** Connection tracking on node-a. */
  readonly conntrack: Conntrack;
  close(): Promise<void>;
}

/**
 * Builds a lab; it takes about half a second.
 *
 * @throws LabError `LabNotPermitted` where namespaces cannot be made: root is needed, in a user namespace at least.
 */
export async function createLab(options: LabOptions = {}): Promise<Lab> {
  const families = options.families ?? ['IPv4', 'IPv6'];
  const podAttachment = options.podAttachment ?? 'bridge';
  const machines = await openMachines();
  const pods = new Map<string, Promise<NetworkNamespace>>();
  const present = new Map<string, NetworkNamespace>(machines);
  const agents = new Map<string, Promise<Agent>>();

  const close = async (): Promise<void> => {
    const running = await Promise.allSettled(agents.values());
    await Promise.all(running.map(async (one) => (one.status === 'fulfilled' ? one.value.close() : undefined)));
    await serving.close();
    await Promise.allSettled(pods.values());
    await Promise.all([...present.values()].map(async (namespace) => namespace.close()));
  };

  const namespace = (place: Place): NetworkNamespace => {
    const found = present.get(keyOf(place));
    if (found === undefined) throw new LabError('LabAddress', `The lab has no machine ${JSON.stringify(place)}.`);
    return found;
  };

  const addPod = async (address: string): Promise<void> => {
    const pod = podOf(address);
    if (pod === undefined) throw new LabError('LabAddress', `${address} is not in the lab's pod networks.`);
    const key = keyOf(address);
    let adding = pods.get(key);
    if (adding === undefined) {
      adding = openPod(pod, namespace(pod.node), podAttachment, families);
      pods.set(key, adding);
    }
    present.set(key, await adding);
  };

  const agentOf = async (place: Place): Promise<Agent> => {
    const key = keyOf(place);
    if (podOf(place) !== undefined) await addPod(place);
    let agent = agents.get(key);
    if (agent === undefined) {
      agent = startAgent(namespace(place));
      agents.set(key, agent);
    }
    return agent;
  };

  const serving = openServing({ namespace, addPod, agentOf });

  const lab: Lab = {
    families,
    podAttachment,
    namespace,
    exec: async (place, argv, commandOptions) => namespace(place).exec(argv, commandOptions),
    nft: async (script) => {
      await namespace('node-a').exec(['nft', '-f', '-'], { input: script });
    },
    addPod,
    serve: serving.serve,
    unserve: serving.unserve,
    probe: async (from, request) => (await agentOf(from)).ask('probe', withSource(from, request)),
    rawProbe: async (from, protocol, request) => {
      if (podOf(from) !== undefined) await addPod(from);
      return rawProbe(namespace(from), protocol, withSource(from, request));
    },
    flow: async (from, request) => (await agentOf(from)).ask('flow', withSource(from, request)),
    closeFlows: async () => {
      await Promise.all([...agents.values()].map(async (agent) => (await agent).ask('closeFlows', null)));
    },
    load: async (from, request) => {
      const agent = await agentOf(from);
      return { done: agent.ask('load', request), stop: async () => agent.ask('stopLoad', null).then(() => undefined) };
    },
    conntrack: conntrackOf(namespace('node-a')),
    close,
  };

  try {
    await connectMachines(machines, families);
  } catch (error) {
    await close();
    throw error;
  }
  return lab;
}

/** The outside client has many addresses, and the kernel's choice among them is not the point of any test. */
function withSource<T extends { readonly address: string; readonly source?: string }>(from: Place, request: T): T {
  if (from !== 'client' || request.source !== undefined) return request;
  return { ...request, source: addresses.client[familyOf(request.address)] };
}
