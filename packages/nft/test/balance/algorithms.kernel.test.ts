import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whichEndpoint } from '@nftproxier/core';
import type { Client, EndpointSlice, Family, Protocol, Service, ServicePortPlan } from '@nftproxier/core';
import { service, slice } from '@nftproxier/core/testing';
import type { ServiceFields } from '@nftproxier/core/testing';
import { client, endpoint, openLab } from './lab.js';
import type { Lab } from './lab.js';

const protocols = ['TCP', 'UDP'] as const;
const families = ['IPv4', 'IPv6'] as const;
const virtual = { IPv4: '10.96.0.1', IPv6: 'fd00:96::1' } as const;
const five = [1, 2, 3, 4, 5];

function web(annotations: Readonly<Record<string, string>>, more: Partial<ServiceFields> = {}): Service {
  const ports = protocols.map((protocol) => ({ name: protocol.toLowerCase(), protocol, port: 80 }));
  return service({
    name: 'web',
    clusterIPs: Object.values(virtual),
    clusterIP: virtual.IPv4,
    ports,
    annotations,
    ...more,
  });
}

function slices(numbers: readonly number[], weights = ''): readonly EndpointSlice[] {
  return families.map((family) =>
    slice({
      service: 'web',
      name: `web-${family.toLowerCase()}`,
      annotations: { 'nftproxier.io/weights': weights },
      addressType: family,
      ports: protocols.map((protocol) => ({ name: protocol.toLowerCase(), protocol, port: 8080 })),
      endpoints: numbers.map((number) => ({ address: endpoint(family, number), nodeName: 'here' })),
    }),
  );
}

const algorithm = (name: string, more: Readonly<Record<string, string>> = {}) => ({
  'nftproxier.io/algorithm': name,
  ...more,
});

// Without a port, so that no flow of an earlier test is met: the kernel would go on with it.
const clientsOf = (family: Family, count: number): readonly Client[] =>
  Array.from({ length: count }, (_, index) => ({ address: client(family, 7 * index) }));

function predicted(port: ServicePortPlan, clients: readonly Client[]): readonly string[] {
  const [frontend] = port.frontends;
  if (frontend === undefined) throw new Error('no frontend');
  return clients.map((one) => {
    const prediction = whichEndpoint(port, frontend, one);
    return prediction.kind === 'backend' ? prediction.backend.address : prediction.kind;
  });
}

/** How often each endpoint answered. */
function counts(answers: readonly string[]): Readonly<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const answer of answers) found[answer] = (found[answer] ?? 0) + 1;
  return found;
}

let here: Lab;
let there: Lab;

beforeAll(async () => {
  [here, there] = await Promise.all([openLab(5), openLab(5)]);
});
afterAll(async () => {
  await here.close();
  await there.close();
});

const askWeb = (lab: Lab, protocol: Protocol, family: Family, clients: readonly Client[]): Promise<readonly string[]> =>
  lab.ask(protocol, virtual[family], 80, clients);

describe('the endpoint that core predicts is the one that answers, on every node', () => {
  const cases = families.flatMap((family) => protocols.map((protocol) => [family, protocol] as const));

  it.each(cases)('maglev by client, 1,000 clients: %s, %s', async (family, protocol) => {
    await here.apply(web(algorithm('maglev')), ...slices(five));
    await there.apply(web(algorithm('maglev')), ...slices([...five].reverse()));
    const clients = clientsOf(family, 1_000);
    const wanted = predicted(here.port('web', family, protocol), clients);
    expect(new Set(wanted).size).toBe(5);
    expect(await askWeb(here, protocol, family, clients)).toEqual(wanted);
    expect(await askWeb(there, protocol, family, clients)).toEqual(wanted);
  });

  it.each(cases)('maglev by client and port: %s, %s', async (family, protocol) => {
    const annotations = algorithm('maglev', {
      'nftproxier.io/hash-key': 'client-and-port',
      'nftproxier.io/table-size': '1000',
    });
    await here.apply(web(annotations), ...slices(five));
    // One client, and yet all endpoints: the port decides.
    const clients = Array.from({ length: 250 }, (_, index) => ({ address: client(family, 9), port: 20_000 + index }));
    const wanted = predicted(here.port('web', family, protocol), clients);
    expect(new Set(wanted).size).toBe(5);
    expect(await askWeb(here, protocol, family, clients)).toEqual(wanted);
  });

  it.each(cases)('source-hash, with weights: %s, %s', async (family, protocol) => {
    await here.apply(
      web(algorithm('source-hash')),
      ...slices(five, `${endpoint(family, 1)}=3,${endpoint(family, 2)}=0,1`),
    );
    const clients = clientsOf(family, 250);
    const wanted = predicted(here.port('web', family, protocol), clients);
    expect(new Set(wanted).size).toBe(4);
    expect(await askWeb(here, protocol, family, clients)).toEqual(wanted);
  });
});

it('clients of other endpoints stay when one goes, and all come back when it does', async () => {
  await here.apply(web(algorithm('maglev', { 'nftproxier.io/table-size': '1021' })), ...slices(five));
  const clients = clientsOf('IPv4', 1_000);
  const before = await askWeb(here, 'TCP', 'IPv4', clients);
  await here.apply(...slices([1, 2, 4, 5]));
  const during = await askWeb(here, 'TCP', 'IPv4', clients);
  expect(during).toEqual(predicted(here.port('web', 'IPv4', 'TCP'), clients));
  expect(during).not.toContain(endpoint('IPv4', 3));
  const others = before.flatMap((answer, index) => (answer === endpoint('IPv4', 3) ? [] : [index]));
  const moved = others.filter((index) => during[index] !== before[index]);
  // What keeps shares equal may move one in a hundred.
  expect(moved.length).toBeLessThanOrEqual(others.length / 100);
  await here.apply(...slices(five));
  expect(await askWeb(here, 'TCP', 'IPv4', clients)).toEqual(before);
});

it('10,000 connections are shared by weight, within 3 standard deviations', async () => {
  await here.apply(
    web(algorithm('weighted')),
    ...slices(
      five,
      ['5', '3', '2', '0']
        .map((weight, index) => `${endpoint('IPv4', index + 1)}=${weight}`)
        .concat('1')
        .join(','),
    ),
  );
  const clients = Array.from({ length: 10_000 }, (_, index) => ({ address: client('IPv4', index) }));
  const found = counts(await askWeb(here, 'UDP', 'IPv4', clients));
  for (const [index, weight] of [5, 3, 2, 0, 1].entries()) {
    const share = weight / 11;
    const deviation = Math.sqrt(10_000 * share * (1 - share));
    const difference = (found[endpoint('IPv4', index + 1)] ?? 0) - 10_000 * share;
    expect(Math.abs(difference)).toBeLessThanOrEqual(3 * deviation);
  }
});

describe('with session affinity', () => {
  const sticky = { sessionAffinity: 'ClientIP' } as const;
  const cases = [
    ['maglev', 'TCP', 'IPv4'],
    ['maglev', 'UDP', 'IPv6'],
    ['source-hash', 'UDP', 'IPv4'],
    ['source-hash', 'TCP', 'IPv6'],
  ] as const;

  it.each(cases)('a client begins where %s leads, and stays there: %s, %s', async (name, protocol, family) => {
    // Without affinity first: nobody is remembered from before.
    await here.apply(web(algorithm('random')), ...slices(five));
    await here.apply(web(algorithm(name), sticky), ...slices(five));
    const clients = clientsOf(family, 250);
    const wanted = predicted(here.port('web', family, protocol), clients);
    expect(new Set(wanted).size).toBe(5);
    expect(await askWeb(here, protocol, family, clients)).toEqual(wanted);
    await here.apply(...slices([1, 2, 4, 5]));
    const after = predicted(here.port('web', family, protocol), clients);
    const gone = endpoint(family, 3);
    // The hash of source-hash would now lead most of them elsewhere.
    const expected = wanted.map((answer, index) => (answer === gone ? after[index] : answer));
    expect(await askWeb(here, protocol, family, clients)).toEqual(expected);
    await here.replace();
    expect(await askWeb(here, protocol, family, clients)).toEqual(expected);
  });

  it('weights share out new clients, and a drained endpoint keeps those it has', async () => {
    const weights = (...of: readonly number[]) =>
      of.map((weight, index) => `${endpoint('IPv4', index + 1)}=${String(weight)}`).join(',');
    await here.apply(web(algorithm('random')), ...slices(five));
    await here.apply(web(algorithm('weighted'), sticky), ...slices([1, 2, 3], weights(6, 3, 1)));
    const clients = Array.from({ length: 4_000 }, (_, index) => ({ address: client('IPv4', 20_000 + index) }));
    const answers = await askWeb(here, 'UDP', 'IPv4', clients);
    const found = counts(answers);
    for (const [index, weight] of [6, 3, 1].entries()) {
      const share = weight / 10;
      const deviation = Math.sqrt(4_000 * share * (1 - share));
      const difference = (found[endpoint('IPv4', index + 1)] ?? 0) - 4_000 * share;
      expect(Math.abs(difference)).toBeLessThanOrEqual(4 * deviation);
    }
    await here.apply(...slices([1, 2, 3], weights(0, 3, 1)));
    expect(await askWeb(here, 'UDP', 'IPv4', clients)).toEqual(answers);
    const others = Array.from({ length: 500 }, (_, index) => ({ address: client('IPv4', 30_000 + index) }));
    expect(await askWeb(here, 'UDP', 'IPv4', others)).not.toContain(endpoint('IPv4', 1));
  });
});

it('while tables of all kinds take turns, no connection fails', async () => {
  const annotations = [
    algorithm('maglev'),
    algorithm('random'),
    algorithm('maglev', { 'nftproxier.io/table-size': '1021' }),
    algorithm('source-hash'),
    algorithm('weighted'),
  ];
  const clients = clientsOf('IPv4', 4_000);
  await here.apply(web(annotations[0]!), ...slices(five));
  let answers: readonly string[] | undefined;
  const asking = askWeb(here, 'TCP', 'IPv4', clients).then((result) => (answers = result));
  for (let round = 0; answers === undefined && round < 2_000; round += 1) {
    await here.apply(web(annotations[round % annotations.length]!), ...slices(round % 2 === 0 ? five : [2, 4]));
  }
  await asking;
  expect((answers ?? []).filter((answer) => !answer.startsWith('10.244.0.'))).toEqual([]);
});
