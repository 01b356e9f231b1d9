import { slice, service } from '@nftproxier/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endpoints, nodeAddresses, openLab, until } from './lab.js';
import type { Lab } from './lab.js';

let lab: Lab;

beforeEach(async () => {
  lab = await openLab();
});

afterEach(async () => {
  await lab.close();
});

const udp = (port: number, nodePort?: number) =>
  ({ port, protocol: 'UDP', ...(nodePort !== undefined && { nodePort }) }) as const;
const dns = service({ name: 'dns', clusterIP: '10.96.0.10', ports: [udp(53)] });
const leadsTo = (name: string, ...numbers: readonly (1 | 2 | 3)[]) =>
  slice({
    service: name,
    addressType: 'IPv4',
    ports: [{ name: '', protocol: 'UDP', port: 5353 }],
    endpoints: numbers.map((number) => endpoints.IPv4[number - 1]!),
  });
const [one, two] = endpoints.IPv4;

describe('a client that sends and never listens', () => {
  it('reaches the new endpoint when its own is replaced; other flows go on', async () => {
    const other = service({ name: 'other', clusterIP: '10.96.0.20', ports: [udp(53)] });
    await lab.apply(dns, leadsTo('dns', 1), other, leadsTo('other', 1));
    await lab.send(20_001, '10.96.0.10', 53);
    await lab.send(20_002, '10.96.0.20', 53);
    await lab.send(20_003, nodeAddresses.IPv4, 53);
    await lab.enter(entry('tcp', 20_004, '--state ESTABLISHED'));
    await until(async () => (await lab.flows()).length >= 3, lab.flows);
    const others = (await lab.flows()).filter((flow) => !flow.startsWith('20001'));

    await lab.apply(leadsTo('dns', 2));
    await until(() => lab.last() === two || lab.count(two) > 0);
    expect(await lab.flows()).toEqual([`20001 > 10.96.0.10 53 = ${two} 5353`, ...others]);
    expect(await lab.flows('TCP')).toEqual([`20004 > 10.96.0.10 53 = ${one} 53`]);
    await until(() => lab.reports.length === 2);
    expect(lab.reports[1]).toMatchObject({ removed: 1, stale: 1, malformed: 0 });
  });

  it('stays with its endpoint when another one is added: nothing is run', async () => {
    await lab.apply(dns, leadsTo('dns', 1));
    await lab.send(20_001, '10.96.0.10', 53);
    await until(() => lab.count(one) > 0);
    await until(() => lab.reports.length === 1);
    await lab.apply(leadsTo('dns', 1, 2));
    const seen = lab.count(one);
    await until(() => lab.count(one) > seen + 5);
    expect(lab.reports).toHaveLength(1);
    expect(lab.count(two)).toBe(0);
  });

  it('is cut off when there is no endpoint left, and served again when there is one', async () => {
    await lab.apply(dns, leadsTo('dns', 1));
    await lab.send(20_001, '10.96.0.10', 53);
    await until(() => lab.count(one) > 0);
    await lab.apply(leadsTo('dns'));
    await until(async () => (await lab.flows()).length === 0, lab.flows);
    const seen = lab.count(one);
    await lab.apply(leadsTo('dns', 2));
    await until(() => lab.count(two) > 0);
    expect(lab.count(one)).toBe(seen);
  });

  it('is cut off when the Service is deleted', async () => {
    await lab.apply(dns, leadsTo('dns', 1));
    await lab.send(20_001, '10.96.0.10', 53);
    await until(() => lab.count(one) > 0);
    await lab.remove(dns);
    await until(async () => (await lab.flows()).length === 0, lab.flows);
  });

  it('is cut off at an address that the Service no longer has, and served at the one it got', async () => {
    const at = (ip: string) =>
      service({ name: 'dns', clusterIP: '10.96.0.10', type: 'LoadBalancer', ports: [udp(53)], loadBalancerIPs: [ip] });
    await lab.apply(at('203.0.113.1'), leadsTo('dns', 1));
    await lab.send(20_001, '203.0.113.1', 53);
    await lab.send(20_002, '10.96.0.10', 53);
    await until(async () => (await lab.flows()).length === 2, lab.flows);
    await lab.apply(at('203.0.113.2'));
    await lab.send(20_003, '203.0.113.2', 53);
    await until(async () => (await lab.flows()).join() === kept.join(), lab.flows);
  });
  const kept = [`20002 > 10.96.0.10 53 = ${one} 5353`, `20003 > 203.0.113.2 53 = ${one} 5353`];

  it('that began before there was a Service is released when there is an endpoint', async () => {
    // Where nobody is: without the Service, datagrams to its address are forwarded there.
    lab.node.exec('ip', 'route', 'add', '10.96.0.0/16', 'dev', 'net0');
    await lab.apply();
    await lab.send(20_001, '10.96.0.10', 53);
    await until(async () => (await lab.flows()).includes('20001 > 10.96.0.10 53 = 10.96.0.10 53'), lab.flows);
    await lab.apply(dns);
    await lab.apply(leadsTo('dns', 1));
    await until(() => lab.count(one) > 0);
  });

  it('to a node port moves likewise; through the node to that port elsewhere, it does not', async () => {
    const open = service({ name: 'dns', clusterIP: '10.96.0.10', type: 'NodePort', ports: [udp(53, 30_053)] });
    lab.node.exec('ip', 'route', 'add', '203.0.113.0/24', 'dev', 'net0');
    await lab.apply(open, leadsTo('dns', 1));
    await lab.send(20_001, nodeAddresses.IPv4, 30_053);
    await lab.send(20_002, '203.0.113.9', 30_053);
    await until(async () => (await lab.flows()).length === 2 && lab.count(one) > 0, lab.flows);
    await lab.apply(leadsTo('dns', 2));
    await until(() => lab.count(two) > 0);
    expect(await lab.flows()).toEqual([
      `20001 > ${nodeAddresses.IPv4} 30053 = ${two} 5353`,
      '20002 > 203.0.113.9 30053 = 203.0.113.9 30053',
    ]);
    await until(() => lab.reports.length === 2);
    expect(lab.reports[1]).toMatchObject({ removed: 1 });
  });

  it('moves likewise in IPv6', async () => {
    const six = service({ name: 'six', clusterIP: 'fd00:96::a', type: 'NodePort', ports: [udp(53, 30_053)] });
    const to = (number: 0 | 1) =>
      slice({
        service: 'six',
        ports: [{ name: '', protocol: 'UDP', port: 5353 }],
        endpoints: [endpoints.IPv6[number]],
      });
    await lab.apply(six, to(0));
    await lab.send(20_001, 'fd00:96::a', 53);
    await lab.send(20_002, nodeAddresses.IPv6, 30_053);
    await until(async () => (await lab.flows()).length === 2, lab.flows);
    await lab.apply(to(1));
    const moved = [
      `20001 > fd00:96::a 53 = ${endpoints.IPv6[1]} 5353`,
      `20002 > ${nodeAddresses.IPv6} 30053 = ${endpoints.IPv6[1]} 5353`,
    ];
    await until(async () => (await lab.flows()).join() === moved.join(), lab.flows);
    await lab.remove(six);
    // The node itself answers at its own address now.
    await until(async () => (await lab.flows()).every((flow) => !flow.includes(endpoints.IPv6[1])), lab.flows);
  });
});

it('after a start, flows that nobody remembers go, and healthy ones stay', async () => {
  await lab.apply(dns, leadsTo('dns', 1));
  await lab.enter(entry('udp', 20_001));
  await lab.enter(entry('udp', 20_002).replace(one, endpoints.IPv4[2]));
  await until(() => lab.reports.length === 1);
  lab.cleaner.started(lab.plans());
  await until(() => lab.reports.length === 2);
  expect(await lab.flows()).toEqual([]);

  await lab.send(20_003, '10.96.0.10', 53);
  await until(() => lab.count(one) > 0);
  lab.cleaner.started(lab.plans());
  await until(() => lab.reports.length === 3);
  expect(await lab.flows()).toEqual([`20003 > 10.96.0.10 53 = ${one} 5353`]);
});

it('SCTP associations to an endpoint that is gone go too', async () => {
  const calls = service({ name: 'calls', clusterIP: '10.96.0.10', ports: [{ port: 53, protocol: 'SCTP' }] });
  const to = (...numbers: readonly (1 | 2)[]) =>
    slice({
      service: 'calls',
      addressType: 'IPv4',
      ports: [{ name: '', protocol: 'SCTP', port: 53 }],
      endpoints: numbers.map((number) => endpoints.IPv4[number - 1]!),
    });
  await lab.apply(calls, to(1, 2));
  const state = '--state ESTABLISHED --orig-vtag 1 --reply-vtag 2';
  await lab.enter(entry('sctp', 20_001, state));
  await lab.enter(entry('sctp', 20_002, state).replace(one, two));
  await lab.enter(entry('udp', 20_003));
  await lab.apply(to(2));
  await until(
    async () => (await lab.flows('SCTP')).length === 1,
    () => lab.flows('SCTP'),
  );
  expect(await lab.flows('SCTP')).toEqual([`20002 > 10.96.0.10 53 = ${two} 53`]);
  expect(await lab.flows('UDP')).toHaveLength(1);
});

/** An entry as packets would make it, of a flow that went to the first endpoint. */
function entry(protocol: string, sport: number, more = ''): string {
  const flow = `-s 192.168.77.2 -d 10.96.0.10 -p ${protocol} --sport ${String(sport)} --dport 53 -g ${one}`;
  return `-A -t 600 -u SEEN_REPLY,ASSURED ${flow} ${more}`;
}
