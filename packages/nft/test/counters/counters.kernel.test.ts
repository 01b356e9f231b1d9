import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Family, Service } from '@nftproxier/core';
import { service, slice } from '@nftproxier/core/testing';
import { CounterReader } from '../../src/counters/index.js';
import { defaultTableSettings } from '../../src/ruleset/index.js';
import { client, endpoint, openLab } from '../balance/lab.js';
import type { Lab } from '../balance/lab.js';

const protocols = ['TCP', 'UDP'] as const;
const nodePort = 30_080;

function namedService(name: string, number: number, more: Parameters<typeof service>[0] | object = {}): Service {
  const ports = protocols.map((protocol) => ({
    name: protocol.toLowerCase(),
    protocol,
    port: 80,
    ...(name === 'web' && protocol === 'TCP' ? { nodePort } : {}),
  }));
  const clusterIPs = [`10.96.0.${String(number)}`, `fd00:96::${String(number)}`];
  return service({ name, type: 'NodePort', clusterIPs, clusterIP: clusterIPs[0]!, ports, ...more });
}

const slices = (name: string, numbers: readonly number[]) =>
  (['IPv4', 'IPv6'] as const).map((family) =>
    slice({
      service: name,
      name: `${name}-${family.toLowerCase()}`,
      addressType: family,
      ports: protocols.map((protocol) => ({ name: protocol.toLowerCase(), protocol, port: 8080 })),
      endpoints: numbers.map((number) => ({ address: endpoint(family, number) })),
    }),
  );

let lab: Lab;
let reader: CounterReader;

beforeAll(async () => {
  lab = await openLab(4, { ...defaultTableSettings, counters: 'endpoints' });
  reader = new CounterReader({
    table: lab.loader,
    listElements: (table, set) => lab.target.listElements(table, set),
    now: () => performance.now(),
  });
  await lab.apply(
    namedService('web', 1),
    ...slices('web', [1, 2]),
    namedService('sticky', 2, { sessionAffinity: 'ClientIP' }),
    ...slices('sticky', [3]),
    namedService('idle', 3),
    ...slices('idle', [1, 4]),
  );
});
afterAll(() => lab.close());

const from = (family: Family, count: number) =>
  Array.from({ length: count }, (_, index) => ({ address: client(family, index) }));

async function services(): Promise<Record<string, number>> {
  await reader.readAll();
  return Object.fromEntries(reader.services().map(({ service: key, connections }) => [key, connections]));
}

const endpoints = (): Record<string, number> =>
  Object.fromEntries(
    reader
      .endpoints()
      .flatMap(({ address, protocol, connections }) =>
        connections === 0 ? [] : [[`${address} ${protocol}`, connections]],
      ),
  );

const difference = (after: Record<string, number>, before: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(after).map(([key, count]) => [key, count - (before[key] ?? 0)]));

function tally(protocol: string, ...answers: readonly (readonly string[])[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const answer of answers.flat()) found[`${answer} ${protocol}`] = (found[`${answer} ${protocol}`] ?? 0) + 1;
  return found;
}

describe('the counters equal the connections made', () => {
  it('to the one: per service, and per endpoint as the endpoints answered', async () => {
    const before = await services();
    const endpointsBefore = endpoints();
    const tcp = [
      await lab.ask('TCP', '10.96.0.1', 80, from('IPv4', 300)),
      await lab.ask('TCP', 'fd00:96::1', 80, from('IPv6', 120)),
      await lab.ask('TCP', '10.96.0.2', 80, from('IPv4', 55)),
      await lab.ask('TCP', '192.168.77.1', nodePort, from('IPv4', 41)),
    ];
    const udp = [
      await lab.ask('UDP', '10.96.0.1', 80, from('IPv4', 77)),
      await lab.ask('UDP', 'fd00:96::2', 80, from('IPv6', 33)),
    ];
    const made = { 'default/web': 300 + 120 + 41 + 77, 'default/sticky': 55 + 33, 'default/idle': 0 };
    expect(difference(await services(), before)).toEqual(made);
    const answered = { ...tally('tcp', ...tcp), ...tally('udp', ...udp) };
    expect(difference(endpoints(), endpointsBefore)).toEqual(answered);
  });

  it('also while endpoints come and go, and a new table takes over', async () => {
    const before = await services();
    let answers: readonly string[] | undefined;
    const asking = lab.ask('TCP', '10.96.0.1', 80, from('IPv4', 1_500)).then((all) => (answers = all));
    for (let round = 0; answers === undefined && round < 500; round += 1) {
      await lab.apply(...slices('web', round % 2 === 0 ? [1, 2, 4] : [2]));
      await reader.readNext();
    }
    expect((await asking).filter((answer) => !answer.startsWith('10.244.'))).toEqual([]);
    expect((await services())['default/web']).toBe((before['default/web'] ?? 0) + 1_500);
    await lab.replace();
    await lab.ask('TCP', '10.96.0.1', 80, from('IPv4', 10));
    expect((await services())['default/web']).toBe((before['default/web'] ?? 0) + 1_510);
  });

  it('and count nothing where nobody serves, where the source is refused, or what is no service', async () => {
    const before = await services();
    await lab.apply(...slices('idle', []));
    await lab.ask('UDP', endpoint('IPv4', 4), 8080, from('IPv4', 5));
    await lab.ask('TCP', '10.96.0.3', 80, from('IPv4', 3));
    const { 'default/idle': _, ...others } = before;
    expect(await services()).toEqual(others);
  });
});
