import type { Programs } from './programs.js';
import { nothingLeft } from './removal.js';
import type { Removal } from './removal.js';

/** A virtual server of ipvs. */
export interface VirtualServer {
  /** The option of ipvsadm that names its protocol. */
  readonly option: '-t' | '-u' | '--sctp-service';
  /** `10.96.0.1:443` or `[fd00::1]:443`. */
  readonly at: string;
  /** Its address alone. */
  readonly address: string;
  /** Connections through it that are remembered. */
  readonly connections: number;
}

/** The interface that holds the addresses of kube-proxy's virtual servers. */
const device = 'kube-ipvs0';

const options: Readonly<Record<string, VirtualServer['option']>> = { TCP: '-t', UDP: '-u', SCTP: '--sctp-service' };

/** Reads what `ipvsadm --list --numeric --exact` prints. Virtual servers by firewall mark are nobody's of kube-proxy. */
export function parseVirtualServers(lines: readonly string[]): readonly VirtualServer[] {
  const servers: VirtualServer[] = [];
  for (const line of lines) {
    const server = /^(TCP|UDP|SCTP) +(\[([0-9a-f:.]+)\]:\d+|([0-9.]+):\d+)(?: |$)/u.exec(line);
    if (server !== null) {
      const [, protocol = '', at = '', v6, v4] = server;
      servers.push({ option: options[protocol] ?? '-t', at, address: v6 ?? v4 ?? '', connections: 0 });
      continue;
    }
    const counts = /^ +-> +\S+ +\S+ +\d+ +(\d+) +(\d+) *$/u.exec(line);
    const last = servers.at(-1);
    if (counts === null || last === undefined) continue;
    const more = Number(counts[1]) + Number(counts[2]);
    servers[servers.length - 1] = { ...last, connections: last.connections + more };
  }
  return servers;
}

/** The addresses in what `ip -oneline address show` prints of an interface. */
export function parseDeviceAddresses(lines: readonly string[]): ReadonlySet<string> {
  return new Set(lines.flatMap((line) => / inet6? ([0-9a-f:.]+)[/ ]/u.exec(line)?.[1] ?? []));
}

/** The sets of kube-proxy in ipvs mode, by `ipset`; those for IPv6 have a 6 after the first word. */
const sets =
  /^KUBE-(?:6-)?(?:LOOP-BACK|CLUSTER-IP|EXTERNAL-IP(?:-LOCAL)?|LOAD-BALANCER(?:-LOCAL|-SOURCE-IP|-SOURCE-CIDR|-FW)?|NODE-PORT(?:-LOCAL)?-(?:TCP|UDP|SCTP-HASH)|HEALTH-CHECK-NODE-PORT|IPVS-IPS)$/u;

/**
 * Removes what kube-proxy leaves in ipvs mode: the interface `kube-ipvs0`, the virtual servers at its addresses, and its
 * ipsets; not the virtual servers of others.
 *
 * ipvs keeps connections of its own: they end with their virtual server. So nothing is removed while there are any,
 * unless `force` says so.
 *
 * @throws {@link ProgramError} if one of the programs fails.
 */
export async function removeIpvs(programs: Programs, { force = false } = {}): Promise<Removal> {
  const read = async (...argv: [string, ...string[]]): Promise<readonly string[] | undefined> => {
    const lines: string[] = [];
    return (await programs.lines(argv, (line) => lines.push(line))) ? lines : undefined;
  };
  const links = (await read('ip', '-oneline', 'link', 'show')) ?? [];
  if (!links.some((line) => line.includes(` ${device}: `))) return nothingLeft;
  const addresses = parseDeviceAddresses((await read('ip', '-oneline', 'address', 'show', 'dev', device)) ?? []);
  const listed = await read('ipvsadm', '--list', '--numeric', '--exact');
  if (listed === undefined) {
    return { ...nothingLeft, kept: [`interface ${device}: without ipvsadm its virtual servers cannot be removed`] };
  }
  const all = parseVirtualServers(listed);
  const servers = all.filter(({ address }) => addresses.has(address));
  const connections = servers.reduce((sum, server) => sum + server.connections, 0);
  if (connections > 0 && !force) {
    const kept = [
      `interface ${device} and ${String(servers.length)} virtual servers, while connections go through them`,
    ];
    return { removed: [], kept, isComplete: false };
  }
  for (const { option, at } of servers) await programs.lines(['ipvsadm', '--delete-service', option, at], ignore);
  await programs.lines(['ip', 'link', 'delete', device], ignore);
  const names = ((await read('ipset', 'list', '-name')) ?? []).filter((name) => sets.test(name));
  for (const name of names) await programs.lines(['ipset', 'destroy', name], ignore);
  return {
    removed: [`interface ${device}, ${String(servers.length)} virtual servers and ${String(names.length)} ipsets`],
    kept: all.length > servers.length ? [nodePorts(all.length - servers.length)] : [],
    isComplete: true,
  };
}

const ignore = (): undefined => undefined;

/** Those for node ports stand at addresses of the node, where others may have some too. */
function nodePorts(count: number): string {
  return `${String(count)} virtual servers of ipvs at addresses of this node, which may be others'; see ipvsadm --list`;
}
