import * as z from 'zod';
import { duration, field } from './field.js';

const otherMode = 'it belongs to another proxy mode';
const windows = 'it concerns Windows nodes';

const carried = (name: string, modes = 'not nftables'): string =>
  `Taken as \`nftables.${name}\` when \`mode\` is ${modes} and that field is not set.`;

/** iptables mode. What has a meaning for nftproxier too is carried over when the file was written for another mode. */
export const iptables = z
  .strictObject({
    masqueradeBit: field(z.int().min(0).max(31).default(14), {
      about: carried('masqueradeBit'),
      rule: 'a whole number from 0 to 31',
      flag: 'iptables-masquerade-bit',
      reload: 'none',
    }),
    masqueradeAll: field(z.boolean().default(false), { about: carried('masqueradeAll'), reload: 'none' }),
    localhostNodePorts: field(z.boolean().default(true), {
      about: 'Serve NodePorts on loopback addresses.',
      flag: 'iptables-localhost-nodeports',
      tolerated: 'in nftables mode NodePorts are not served on loopback addresses',
      reload: 'none',
    }),
    syncPeriod: field(duration.default(30_000), { about: carried('syncPeriod'), zeroIsUnset: true, reload: 'none' }),
    minSyncPeriod: field(duration.default(1_000), {
      about: carried('minSyncPeriod'),
      zeroIsUnset: true,
      reload: 'none',
    }),
  })
  .prefault({});

const ipvsField = <Schema extends z.ZodType>(schema: Schema, name: string, about: string): Schema =>
  field(schema, { about, flag: `ipvs-${name}`, tolerated: otherMode, reload: 'none' });

/** ipvs mode. */
export const ipvs = z
  .strictObject({
    syncPeriod: field(duration.default(30_000), {
      about: carried('syncPeriod', 'ipvs'),
      flag: 'ipvs-sync-period',
      zeroIsUnset: true,
      reload: 'none',
    }),
    minSyncPeriod: field(duration.default(1_000), {
      about: carried('minSyncPeriod', 'ipvs'),
      flag: 'ipvs-min-sync-period',
      zeroIsUnset: true,
      reload: 'none',
    }),
    scheduler: ipvsField(z.string().default(''), 'scheduler', 'Scheduling algorithm.'),
    excludeCIDRs: ipvsField(z.array(z.string()).default([]), 'exclude-cidrs', 'Addresses left alone by clean-up.'),
    strictARP: ipvsField(z.boolean().default(false), 'strict-arp', 'Strict answers to ARP.'),
    tcpTimeout: ipvsField(duration.default(0), 'tcp-timeout', 'Timeout of idle TCP sessions.'),
    tcpFinTimeout: ipvsField(duration.default(0), 'tcpfin-timeout', 'Timeout of TCP sessions after a FIN.'),
    udpTimeout: ipvsField(duration.default(0), 'udp-timeout', 'Timeout of UDP sessions.'),
  })
  .prefault({});

const windowsText = (about: string) => field(z.string().default(''), { about, tolerated: windows, reload: 'none' });
const windowsFlag = (about: string) => field(z.boolean().default(false), { about, tolerated: windows, reload: 'none' });

/** Windows kernel mode. */
export const winkernel = z
  .strictObject({
    networkName: windowsText('Name of the host network.'),
    sourceVip: windowsText('Source address of load-balanced traffic.'),
    enableDSR: windowsFlag('Direct server return.'),
    rootHnsEndpointName: windowsText('Name of the root endpoint.'),
    forwardHealthCheckVip: windowsFlag('Forward health checks to the service VIP.'),
  })
  .prefault({});
