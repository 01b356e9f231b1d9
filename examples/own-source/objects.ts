import { familyOf } from '@nftproxier/core';
import type { EndpointSlice, Service } from '@nftproxier/core';

/** A service as the file has it. */
export interface FileService {
  readonly address: string;
  readonly port: number;
  /** Addresses of one family. */
  readonly servers: readonly string[];
  readonly serverPort: number;
}

/** The file: services by name. */
export type FileServices = Readonly<Record<string, FileService>>;

/** What core plans with: a Service and a slice, whatever the services really are. */
export function objectsOf(name: string, file: FileService): readonly [Service, EndpointSlice] {
  const { address, port, servers, serverPort } = file;
  const metadata = { namespace: 'file', name };
  return [
    { metadata, spec: { clusterIP: address, ports: [{ name: 'main', protocol: 'TCP', port }] } },
    {
      metadata: { ...metadata, labels: { 'kubernetes.io/service-name': name } },
      addressType: familyOf(address),
      ports: [{ name: 'main', protocol: 'TCP', port: serverPort }],
      endpoints: servers.map((server) => ({ addresses: [server] })),
    },
  ];
}
