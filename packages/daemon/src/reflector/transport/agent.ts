import http from 'node:http';
import https from 'node:https';
import type { ClusterConfig } from '../config/cluster-config.js';
import type { TlsMaterial } from '../config/credentials.js';
import { proxyFor } from './proxy.js';
import { TunnelAgent } from './tunnel-agent.js';

export type Agent = http.Agent | https.Agent;

/** A pool of connections that were made with the same TLS material. */
export function agentFor(
  config: ClusterConfig,
  server: URL,
  tls: TlsMaterial,
  env: Readonly<Record<string, string | undefined>>,
): Agent {
  const pool = { keepAlive: true, maxFreeSockets: 4 };
  const proxy = proxyFor(server, config.proxyUrl, env);
  if (server.protocol === 'http:') return proxy ? new TunnelAgent(proxy, false, pool) : new http.Agent(pool);
  const options: https.AgentOptions = {
    ...pool,
    ...(tls.ca ? { ca: tls.ca } : {}),
    ...(tls.certificate ? { cert: tls.certificate } : {}),
    ...(tls.key ? { key: tls.key } : {}),
    ...(config.tlsServerName === undefined ? {} : { servername: config.tlsServerName }),
    rejectUnauthorized: config.insecureSkipTlsVerify !== true,
  };
  return proxy ? new TunnelAgent(proxy, true, options) : new https.Agent(options);
}

/** Lets requests in flight finish and keeps no connection afterwards. */
export function retire(agent: Agent): void {
  agent.maxFreeSockets = 0;
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
}
