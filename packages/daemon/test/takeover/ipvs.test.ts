import { describe, expect, it } from 'vitest';
import { parseDeviceAddresses, parseVirtualServers, removeIpvs } from '../../src/takeover/ipvs.js';
import { fakePrograms } from './fake-programs.js';

const list = 'ipvsadm --list --numeric --exact';
const heading = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
`;
const servers = (active: number): string => `${heading}TCP  10.96.0.1:443 rr
  -> 172.18.0.2:6443              Masq    1      ${String(active)}          0
UDP  10.96.0.10:53 rr persistent 10800
  -> 10.244.0.2:53                Masq    1      0          0
  -> 10.244.0.3:53                Masq    1      0          0
TCP  [fd00:10:96::1]:443 rr
  -> [fd00:10:244::2]:6443        Masq    1      0          0
SCTP 10.96.0.20:9000 rr
TCP  192.168.10.1:30080 rr
  -> 10.244.0.2:80                Masq    1      4          0
TCP  192.0.2.7:80 wlc
  -> 10.9.9.9:80                  Route   1      0          5
FWM  7 rr
  -> 10.9.9.9:0                   Route   1      2          0
`;
const addresses = `7: kube-ipvs0    inet 10.96.0.1/32 scope global kube-ipvs0\\       valid_lft forever preferred_lft forever
7: kube-ipvs0    inet 10.96.0.10/32 scope global kube-ipvs0\\       valid_lft forever preferred_lft forever
7: kube-ipvs0    inet 10.96.0.20/32 scope global kube-ipvs0\\       valid_lft forever preferred_lft forever
7: kube-ipvs0    inet6 fd00:10:96::1/128 scope global \\       valid_lft forever preferred_lft forever
`;
const links = (name: string): string => `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN
7: ${name}: <BROADCAST,NOARP> mtu 1500 qdisc noop state DOWN mode DEFAULT group default
`;
const node = (active: number, name = 'kube-ipvs0') => ({
  'ip -oneline link show': links(name),
  'ip -oneline address show dev kube-ipvs0': addresses,
  [list]: servers(active),
  'ipset list -name': 'KUBE-CLUSTER-IP\nKUBE-6-CLUSTER-IP\nKUBE-NODE-PORT-SCTP-HASH\nKUBE-MINE\ncali40all\n',
});

const changes = (ran: readonly string[]): readonly string[] => ran.filter((run) => !/ (?:show|list|--list)/u.test(run));

describe('virtual servers', () => {
  it('are read with their connections', () => {
    expect(parseVirtualServers(servers(3).split('\n'))).toEqual([
      { option: '-t', at: '10.96.0.1:443', address: '10.96.0.1', connections: 3 },
      { option: '-u', at: '10.96.0.10:53', address: '10.96.0.10', connections: 0 },
      { option: '-t', at: '[fd00:10:96::1]:443', address: 'fd00:10:96::1', connections: 0 },
      { option: '--sctp-service', at: '10.96.0.20:9000', address: '10.96.0.20', connections: 0 },
      { option: '-t', at: '192.168.10.1:30080', address: '192.168.10.1', connections: 4 },
      { option: '-t', at: '192.0.2.7:80', address: '192.0.2.7', connections: 7 },
    ]);
  });

  it('are found by the addresses of the interface', () => {
    expect([...parseDeviceAddresses(addresses.split('\n'))]).toEqual([
      '10.96.0.1',
      '10.96.0.10',
      '10.96.0.20',
      'fd00:10:96::1',
    ]);
  });

  it('of kube-proxy are removed with its interface and ipsets, and those of others stay', async () => {
    const programs = fakePrograms(node(0));
    const { removed, kept, isComplete } = await removeIpvs(programs);
    expect(changes(programs.ran)).toEqual([
      'ipvsadm --delete-service -t 10.96.0.1:443',
      'ipvsadm --delete-service -u 10.96.0.10:53',
      'ipvsadm --delete-service -t [fd00:10:96::1]:443',
      'ipvsadm --delete-service --sctp-service 10.96.0.20:9000',
      'ip link delete kube-ipvs0',
      'ipset destroy KUBE-CLUSTER-IP',
      'ipset destroy KUBE-6-CLUSTER-IP',
      'ipset destroy KUBE-NODE-PORT-SCTP-HASH',
    ]);
    expect(removed).toEqual(['interface kube-ipvs0, 4 virtual servers and 3 ipsets']);
    expect(kept).toEqual([expect.stringMatching(/^2 virtual servers of ipvs at addresses of this node/u)]);
    expect(isComplete).toBe(true);
  });

  it('stay while connections go through them, unless they are forced to end', async () => {
    const programs = fakePrograms(node(3));
    const { kept, isComplete } = await removeIpvs(programs);
    expect([kept.length, isComplete, changes(programs.ran)]).toEqual([1, false, []]);
    const forced = fakePrograms(node(3));
    expect((await removeIpvs(forced, { force: true })).isComplete).toBe(true);
    expect(changes(forced.ran)).toContain('ip link delete kube-ipvs0');
  });

  it('are left alone without the interface, and without ipvsadm', async () => {
    const other = fakePrograms(node(0, 'kube-ipvs00'));
    expect(await removeIpvs(other)).toEqual({ removed: [], kept: [], isComplete: true });
    expect(other.ran).toEqual(['ip -oneline link show']);
    const { [list]: _, ...without } = node(0);
    const programs = fakePrograms(without);
    expect((await removeIpvs(programs)).kept).toEqual([expect.stringContaining('without ipvsadm')]);
    expect(changes(programs.ran)).toEqual([]);
  });
});
