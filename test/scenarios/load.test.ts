import { describe, expect, test } from 'vitest';
import type { Packet, Scenario } from './format.js';
import { readScenario } from './load.js';

const head = `
title: a test
covers: [3.10/TCP]
services:
  - name: web
    clusterIPs: [10.96.0.1, 'fd00:10:96::1']
    ports: [http 80/TCP nodePort 30080]
    endpoints: [10.244.1.13:8080, '[fd00:10:244:2::12]:8080 terminating for-zone=a node=']
`;

function scenario(rest: string): Scenario {
  return readScenario('a/test.yaml', head + rest);
}

function packets(rest: string): readonly Packet[] {
  return scenario(rest).steps[0]!.packets;
}

describe('objects', () => {
  const [service, slice4, slice6] = scenario('packets: [{ from: client, to: 10.96.0.1:80/TCP, expect: dropped }]')
    .steps[0]!.world.objects;

  test('a Service in short is what the API server would hold', () => {
    expect(service).toMatchObject({
      kind: 'Service',
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        type: 'ClusterIP',
        clusterIP: '10.96.0.1',
        ipFamilies: ['IPv4', 'IPv6'],
        ports: [{ name: 'http', protocol: 'TCP', port: 80, nodePort: 30080 }],
      },
    });
  });

  test('its endpoints are slices, one for each family', () => {
    expect(slice4).toMatchObject({
      addressType: 'IPv4',
      ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
      endpoints: [
        {
          addresses: ['10.244.1.13'],
          nodeName: 'node-a',
          conditions: { ready: true, serving: true, terminating: false },
        },
      ],
    });
    expect(slice6).toMatchObject({
      addressType: 'IPv6',
      endpoints: [
        {
          addresses: ['fd00:10:244:2::12'],
          conditions: { ready: false, serving: true, terminating: true },
          hints: { forZones: [{ name: 'a' }] },
        },
      ],
    });
    expect((slice6?.['endpoints'] as object[])[0]).not.toHaveProperty('nodeName');
  });
});

describe('packets', () => {
  test('one for each sender and destination, with the address of the right family', () => {
    const list = packets(`packets:
  - { from: [pod 10.244.1.11, client, host], to: ['10.96.0.1:80/TCP', '[fd00:10:96::1]:80/UDP', 10.96.0.1/ICMP], expect: dropped }`);
    expect(list.map(({ from, to }) => `${from.kind} ${from.address ?? '-'} ${to.family} ${to.protocol}`)).toEqual([
      'pod 10.244.1.11 IPv4 TCP',
      'pod fd00:10:244:1::11 IPv6 UDP',
      'pod 10.244.1.11 IPv4 ICMP',
      'client 192.168.10.100 IPv4 TCP',
      'client fd00:192::100 IPv6 UDP',
      'client 192.168.10.100 IPv4 ICMP',
      'host - IPv4 TCP',
      'host - IPv6 UDP',
      'host - IPv4 ICMP',
    ]);
  });

  test('a memory of its own for each client and entry, or one by name', () => {
    const list = packets(`packets:
  - { from: [client, host], to: 10.96.0.1:80/TCP, by: ['10.244.1.13:8080'], same: true }
  - { from: client, to: 10.96.0.1:80/TCP, by: ['10.244.1.13:8080'], same: true }
  - { from: client, to: ['10.96.0.1:80/TCP', '192.168.10.1:30080/TCP'], by: ['10.244.1.13:8080'], same: web }`);
    const names = list.map(({ expect: expected }) => (expected.kind === 'answered' ? expected.same : undefined));
    expect(new Set(names.slice(0, 3)).size).toBe(3);
    expect(names[3]).toBe(names[4]);
  });
});

describe('steps', () => {
  const packet = 'packets: [{ from: client, to: 10.96.0.1:80/TCP, expect: dropped }]';
  const { steps } = scenario(`steps:
  - ${packet}
  - endpoints: { web: ['10.244.1.15:8080'] }
    node: { zone: zone-b }
    ${packet}
  - delete: [Service web]
    ${packet}
`);

  test('each has the whole world, changed by all before it', () => {
    expect(steps.map(({ world }) => world.objects.map(({ metadata }) => metadata.name))).toEqual([
      ['web', 'web-1', 'web-2'],
      ['web', 'web-1'],
      [],
    ]);
    expect(steps.map(({ world }) => world.node.zone)).toEqual(['zone-a', 'zone-b', 'zone-b']);
  });
});

describe('faults name the file, the line and the field', () => {
  test.each([
    [
      'packets: [{ from: client, to: 10.96.0.1:80/TCP }]',
      'a/test.yaml: line 9: packets[0]: needs either `by` or `expect`',
    ],
    ['packets: [{ from: client, two: x, expect: dropped }]', 'a/test.yaml: line 9: packets[0].to: Invalid input'],
    ['packets:\n  - { from: moon, to: 10.96.0.1:80/TCP, expect: dropped }', 'a/test.yaml: moon: expected pod ADDRESS'],
    [
      'packets: [{ from: client, to: 10.96.0.1:80, expect: dropped }]',
      'a/test.yaml: 10.96.0.1:80: expected ADDRESS:PORT/TCP',
    ],
    ['packets: [{ from: client, to: 10.96.0:80/TCP, expect: dropped }]', 'a/test.yaml: "10.96.0" is not an IP address'],
    [
      'packets: [{ from: client 1.2.3.4, to: 10.96.0.1:80/TCP, expect: dropped }]',
      'a/test.yaml: client 1.2.3.4: the client',
    ],
    [
      'node: { zoen: a }\npackets: [{ from: host, to: 10.96.0.1:80/TCP, expect: dropped }]',
      'a/test.yaml: line 9: node: Unrecognized key',
    ],
    ['packets: [{ from: host, to: [10.96.0.1:80/TCP, expect: dropped }]', 'a/test.yaml: '],
    ['title: again', 'a/test.yaml: Map keys must be unique'],
    [
      'steps: [{ delete: [Service x], packets: [{ from: host, to: 10.96.0.1:80/TCP, expect: dropped }] }]',
      'a/test.yaml: delete: there is no Service x',
    ],
  ])('%s', (rest, message) => {
    expect(() => scenario(rest)).toThrow(message);
  });

  test('a row that does not exist', () => {
    expect(() =>
      readScenario(
        'x.yaml',
        'title: t\ncovers: [9/none]\npackets: [{ from: host, to: 1.1.1.1/ICMP, expect: dropped }]',
      ),
    ).toThrow('x.yaml: covers: 9/none is not in rows.ts');
  });
});
