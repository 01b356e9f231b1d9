import { families, type Family } from '@nftproxier/core';
import type { RequestListener } from 'node:http';
import { listen, type ListenError, type ListeningServer } from '../http/listen.js';
import { type HttpReply, json, send } from '../http/router.js';

/** A Service whose load balancer asks this node whether it has endpoints. */
export interface ServiceHealthCheck {
  readonly namespace: string;
  readonly name: string;
  /** `spec.healthCheckNodePort`. */
  readonly nodePort: number;
  /** Distinct addresses of ready endpoints on this node, for the families that the Service has. */
  readonly localEndpoints: { readonly [family in Family]?: number };
}

/** The addresses to listen on: those that serve NodePorts. */
export type HealthCheckScopes = {
  readonly [family in Family]:
    { readonly kind: 'all' } | { readonly kind: 'listed'; readonly addresses: readonly string[] };
};

/** Surroundings of the servers. */
export interface ServiceHealthOptions {
  /** Whether the rules are fresh: an old count is worth nothing to a load balancer. */
  readonly isFresh: () => boolean;
  /** Told once when a Service's port cannot be had, and again only after it could. */
  readonly failed: (service: ServiceHealthCheck, error: ListenError) => void;
  /** Milliseconds between attempts to listen. */
  readonly retryPeriod?: number;
}

/** The servers of `healthCheckNodePort`. */
export interface ServiceHealth {
  /** A Service has this health check from now on, or none. */
  readonly set: (key: string, check: ServiceHealthCheck | undefined) => void;
  /** The addresses to listen on are others. */
  readonly setScopes: (scopes: HealthCheckScopes) => void;
  /** Where servers listen at the moment, as `address:port`, sorted. */
  readonly listening: () => readonly string[];
  readonly close: () => Promise<void>;
}

interface Socket {
  readonly server: ListeningServer;
  failing: boolean;
}

interface Entry {
  check: ServiceHealthCheck;
  /** Sockets by `family|address|port`. */
  readonly sockets: Map<string, Socket>;
}

const wildcard: Readonly<Record<Family, string>> = { IPv4: '0.0.0.0', IPv6: '::' };

const nowhere: HealthCheckScopes = { IPv4: { kind: 'listed', addresses: [] }, IPv6: { kind: 'listed', addresses: [] } };

const wantedSockets = (
  check: ServiceHealthCheck,
  scopes: HealthCheckScopes,
): ReadonlyMap<string, readonly [Family, string]> =>
  new Map(
    families
      .filter((family) => check.localEndpoints[family] !== undefined)
      .flatMap((family) => {
        const scope = scopes[family];
        const hosts = scope.kind === 'all' ? [wildcard[family]] : scope.addresses;
        return hosts.map((host) => [`${family}|${host}|${String(check.nodePort)}`, [family, host]] as const);
      }),
  );

/**
 * The answer to a load balancer: 200 if this node has endpoints and its rules are fresh, else 503. The weight header lets
 * a load balancer spread by the number of endpoints.
 */
const answerServiceHealth = (check: ServiceHealthCheck, family: Family, isFresh: boolean): HttpReply => {
  const localEndpoints = check.localEndpoints[family] ?? 0;
  const { namespace, name } = check;
  return json(
    localEndpoints > 0 && isFresh ? 200 : 503,
    JSON.stringify({ service: { namespace, name }, localEndpoints, serviceProxyHealthy: isFresh }, undefined, '\t'),
    { 'X-Load-Balancing-Endpoint-Weight': String(localEndpoints) },
  );
};

/**
 * Keeps the servers of `healthCheckNodePort` in line with the Services: what is no longer wanted is closed, what is new
 * is opened, what stays is not touched, and counts take effect without touching a socket. A port that is taken is tried
 * again every 5 seconds. The work of a change is that of one Service.
 */
export const createServiceHealth = ({ isFresh, failed, retryPeriod = 5_000 }: ServiceHealthOptions): ServiceHealth => {
  const entries = new Map<string, Entry>();
  const closing = new Set<Promise<void>>();
  let scopes = nowhere;

  const drop = (socket: Socket): void => {
    const closed = socket.server.close().finally(() => closing.delete(closed));
    closing.add(closed);
  };

  const open = (entry: Entry, family: Family, host: string): Socket => {
    const answer: RequestListener = (message, response) => {
      message.resume();
      send(response, answerServiceHealth(entry.check, family, isFresh()));
    };
    const socket: Socket = {
      failing: false,
      server: listen({
        address: { host, port: entry.check.nodePort },
        what: `The health check of Service ${entry.check.namespace}/${entry.check.name}`,
        listener: answer,
        ipv6Only: family === 'IPv6',
        retryPeriod,
        listening: () => {
          socket.failing = false;
        },
        failed: (error) => {
          if (!socket.failing) failed(entry.check, error);
          socket.failing = true;
        },
      }),
    };
    return socket;
  };

  const adjust = (entry: Entry): void => {
    const wanted = wantedSockets(entry.check, scopes);
    for (const [key, socket] of entry.sockets) {
      if (wanted.has(key)) continue;
      entry.sockets.delete(key);
      drop(socket);
    }
    for (const [key, [family, host]] of wanted)
      if (!entry.sockets.has(key)) entry.sockets.set(key, open(entry, family, host));
  };

  const remove = (key: string): void => {
    for (const socket of entries.get(key)?.sockets.values() ?? []) drop(socket);
    entries.delete(key);
  };

  return {
    set: (key, check) => {
      if (check === undefined) {
        remove(key);
        return;
      }
      const entry = entries.get(key) ?? { check, sockets: new Map<string, Socket>() };
      entry.check = check;
      entries.set(key, entry);
      adjust(entry);
    },
    setScopes: (next) => {
      scopes = next;
      for (const entry of entries.values()) adjust(entry);
    },
    listening: () =>
      [...entries.values()]
        .flatMap(({ sockets }) => [...sockets.values()])
        .flatMap(({ server }) => server.address() ?? [])
        .map(({ host, port }) => (host.includes(':') ? `[${host}]:${String(port)}` : `${host}:${String(port)}`))
        .toSorted(),
    close: async () => {
      for (const key of [...entries.keys()]) remove(key);
      await Promise.all(closing);
    },
  };
};
