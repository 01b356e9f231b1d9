import { familyOf, podOf } from './addresses.js';
import type { Agent } from './agent.js';
import type { NetworkNamespace } from './namespace.js';
import { keyOf, ownerOf, type Place } from './places.js';
import type { Listener } from './protocol.js';
import { serveSctp, type SctpServer } from './raw.js';

/** A server for {@link Lab.serve}. */
export type LabListener = (Listener | (Omit<Listener, 'protocol'> & { readonly protocol: 'SCTP' })) & {
  /** The machine that has the address, where the address alone does not tell. */
  readonly at?: Place;
};

/** The servers of a lab. */
export interface Serving {
  serve(listeners: readonly LabListener[]): Promise<void>;
  unserve(listeners: readonly LabListener[]): Promise<void>;
  close(): Promise<void>;
}

/** What serving needs of the lab it is in. */
export interface ServingLab {
  namespace(place: Place): NetworkNamespace;
  addPod(address: string): Promise<void>;
  agentOf(place: Place): Promise<Agent>;
}

/** Starts servers where their addresses are: by the agent there, or for SCTP by one process for each address. */
export function openServing(lab: ServingLab): Serving {
  const sctpServers = new Map<string, Promise<SctpServer>>();
  const worldly = new Set<string>();

  /** The world takes what nobody else has; of some addresses it has to be told. */
  const placeFor = async ({ address, at }: LabListener): Promise<Place> => {
    const place = at ?? ownerOf(address);
    if (place === 'world' && !worldly.has(address)) {
      worldly.add(address);
      const flag = familyOf(address) === 'IPv4' ? '-4' : '-6';
      await lab.namespace('world').exec(['ip', flag, 'route', 'replace', 'local', address, 'dev', 'lo']);
    }
    if (podOf(place) !== undefined) await lab.addPod(place);
    return keyOf(place);
  };

  const serveSctpAt = async (place: Place, address: string, ports: readonly number[]): Promise<void> => {
    const key = `${place} ${address}`;
    const running = await sctpServers.get(key);
    if (running !== undefined && ports.every((port) => running.ports.includes(port))) return;
    await running?.close();
    const server = serveSctp(lab.namespace(place), address, [...new Set([...(running?.ports ?? []), ...ports])]);
    sctpServers.set(key, server);
    await server;
  };

  const placed = async (listeners: readonly LabListener[]) => {
    const all = await Promise.all(listeners.map(async (listener) => ({ place: await placeFor(listener), listener })));
    const agents = groupBy(
      all.flatMap(({ place, listener }) => (isAgents(listener) ? [{ place, listener }] : [])),
      ({ place }) => place,
    );
    const sctp = groupBy(
      all.filter(({ listener }) => !isAgents(listener)),
      ({ place, listener }) => `${place} ${listener.address}`,
    );
    return { agents, sctp };
  };

  return {
    serve: async (listeners) => {
      const { agents, sctp } = await placed(listeners);
      const started = [...agents].map(async ([place, of]) =>
        (await lab.agentOf(place)).ask('listen', { listeners: of.map(({ listener }) => listener) }),
      );
      for (const of of sctp.values()) {
        const [first] = of;
        const ports = of.map(({ listener }) => listener.port);
        if (first !== undefined) await serveSctpAt(first.place, first.listener.address, ports);
      }
      await Promise.all(started);
    },
    unserve: async (listeners) => {
      const { agents, sctp } = await placed(listeners);
      for (const [place, of] of agents) {
        await (await lab.agentOf(place)).ask('unlisten', { listeners: of.map(({ listener }) => listener) });
      }
      for (const key of sctp.keys()) {
        await (await sctpServers.get(key))?.close();
        sctpServers.delete(key);
      }
    },
    close: async () => {
      const running = await Promise.allSettled(sctpServers.values());
      await Promise.all(running.map(async (one) => (one.status === 'fulfilled' ? one.value.close() : undefined)));
    },
  };
}

function isAgents(listener: LabListener): listener is Listener {
  return listener.protocol !== 'SCTP';
}

function groupBy<T, K>(items: readonly T[], key: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}
