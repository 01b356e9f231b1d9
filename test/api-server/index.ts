import { serve, type Listening, type ServerCertificate } from './http.js';
import { ApiServer, type ApiServerOptions } from './server.js';

export { createAuthority, createCertificate, type KeyPair } from './certificates.js';
export type { NewObject, StoredObject } from './cluster.js';
export type { Fault, FaultEffect } from './faults.js';
export type { Listening, ServerCertificate } from './http.js';
export { memoryTransport, type MemoryTransport } from './memory-transport.js';
export { ApiServer, type ApiServerOptions, type LoggedRequest } from './server.js';
export { recordedObjects, recordings, type Recording } from './recordings.js';
export type { Status } from './reply.js';
export type { Watch, WatchFaults } from './watch.js';

/** A stand-in API server that can be reached over the network. */
export interface ListeningApiServer extends Listening {
  readonly api: ApiServer;
}

/** Starts a stand-in for kube-apiserver. It behaves as the recordings in `fixtures` do, until told to go wrong. */
export async function createApiServer(
  options: ApiServerOptions & { readonly host?: string; readonly port?: number; readonly tls?: ServerCertificate } = {},
): Promise<ListeningApiServer> {
  const api = new ApiServer(options);
  const listening = await serve(api, options);
  return Object.defineProperty(listening, 'api', { value: api, enumerable: true }) as ListeningApiServer;
}
