import { afterEach, describe, expect, it } from 'vitest';
import type { LoadTarget } from '@nftproxier/nft';
import { createLab } from '../lab/index.js';
import type { Lab } from '../lab/index.js';
import { WholePath, openPath } from './path.js';
import type { PathOptions } from './path.js';
import { reportRow } from './scorecard.js';

let path: WholePath | undefined;
let lab: Lab | undefined;
afterEach(async () => {
  await path?.close();
  await lab?.close();
  [path, lab] = [undefined, undefined];
});

/** A Service that can be used, with addresses put in. */
function service(name: string, clusterIP: string, spec: object = {}, ingress: readonly string[] = []): object {
  return {
    kind: 'Service',
    metadata: { namespace: 'odd', name },
    spec: { type: 'LoadBalancer', clusterIP, clusterIPs: [clusterIP], ports: [{ port: 80 }], ...spec },
    status: { loadBalancer: { ingress: ingress.map((ip) => ({ ip })) } },
  };
}

function slice(name: string, addresses: readonly string[]): object {
  return {
    kind: 'EndpointSlice',
    metadata: { namespace: 'odd', name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
    addressType: addresses[0]?.includes(':') === true ? 'IPv6' : 'IPv4',
    ports: [{ name: '', protocol: 'TCP', port: 8080 }],
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
  };
}

/** What is written, and what it means to Kubernetes; undefined: nothing. */
const ambiguous: Readonly<Record<string, string | undefined>> = {
  '010.20.030.004': '10.20.30.4',
  '10.020.0030.0005': '10.20.30.5',
  '::ffff:10.20.30.6': '10.20.30.6',
  '::ffff:0a14:1e07': '10.20.30.7',
  'FD00:0020:0:0:0:0:0:0001': 'fd00:20::1',
  'fd00:20::0:0002': 'fd00:20::2',
  '0x0a141e08': undefined,
  '0xa.0x14.0x1e.0x9': undefined,
  '169090602': undefined,
  '10.20.7690': undefined,
  '10.20.30.10/32': undefined,
  '10.20.30.11:80': undefined,
  '10.20.30.12,10.20.30.13': undefined,
  '10.20.30.14-10.20.30.15': undefined,
  localhost: undefined,
  'example.invalid': undefined,
  'fd00:20::3%eth0': undefined,
  '[fd00:20::4]': undefined,
  'fd00:20::5/128': undefined,
  ' 10.20.30.16': undefined,
  '10.20.30.256': undefined,
  '１０.20.30.17': undefined,
};

/** Puts each text where an address belongs, in every field that has addresses. */
function everywhere(texts: readonly string[]): {
  readonly services: readonly object[];
  readonly slices: readonly object[];
} {
  const services: object[] = [];
  const slices: object[] = [];
  for (const [index, text] of texts.entries()) {
    const own = `10.96.1.${String(index)}`;
    services.push(service(`cluster-${String(index)}`, text, { ports: [{ port: 1_000 }] }));
    services.push(service(`external-${String(index)}`, own, { externalIPs: [text], ports: [{ port: 1_001 }] }));
    services.push(service(`balanced-${String(index)}`, own, { ports: [{ port: 1_002 }] }, [text]));
    services.push(service(`endpoints-${String(index)}`, own, { ports: [{ port: 1_003 }] }));
    for (const name of ['cluster', 'external', 'balanced'])
      slices.push(slice(`${name}-${String(index)}`, ['10.244.0.1']));
    slices.push(slice(`endpoints-${String(index)}`, [text]));
  }
  return { services, slices };
}

/** Counts lookups of names that leave a process of the namespace. */
const lookups = `table inet lookups {
  chain output { type filter hook output priority -300; th dport 53 counter; }
}
`;

describe('row 19: ambiguous addresses', () => {
  it('are decimal and canonical in the kernel, or left out and reported; no name is looked up', async () => {
    path = await openPath();
    await path.namespace.exec(['nft', '-f', '-'], { input: lookups });
    const { services, slices } = everywhere(Object.keys(ambiguous));
    path.replace('Service', services);
    path.replace('EndpointSlice', slices);
    const { applied } = await path.sync();
    expect(applied.refused).toEqual([]);
    const listing = await path.listing();
    for (const [text, meaning] of Object.entries(ambiguous)) {
      if (meaning !== undefined) expect(listing).toContain(meaning);
      else
        expect(path.diagnostics.some(({ message }) => message.includes(text.slice(0, 12).replace('１０', '??')))).toBe(
          true,
        );
    }
    const used = new Set(listing.match(/10\.20\.\d+\.\d+|fd00:20::\w+/g));
    expect([...used].sort()).toEqual(
      [...new Set(Object.values(ambiguous).filter((text) => text !== undefined))].sort(),
    );
    expect(listing).not.toMatch(/\b8\.20|127\.0\.0\.1/);
    expect(await path.others()).toContain('counter packets 0 bytes 0');
    reportRow({
      row: 19,
      case: `${String(Object.keys(ambiguous).length)} spellings as cluster IP, external IP, load-balancer IP and endpoint`,
      n: services.length,
      passNumber: 'canonical and decimal in the kernel, or left out and reported; 0 names looked up',
      measured: '0 others in the kernel; 0 packets to port 53',
    });
  });

  it('are decimal and canonical in the kernel: fails without reading them ourselves', async () => {
    path = await openPath();
    path.replace('Service', []);
    path.replace('EndpointSlice', []);
    await path.sync();
    const input = `add element inet ${path.loader.tableName ?? ''} cluster-ips4 { 010.20.030.004 }\n`;
    await path.namespace.exec(['nft', '-f', '-'], { input });
    expect(await path.listing()).toContain('8.20.24.4');
  });
});

const forbidden = [
  ...[
    '127.0.0.1',
    '127.1.2.3',
    '0.0.0.0',
    '0.1.2.3',
    '169.254.169.254',
    '169.254.0.1',
    '224.0.0.1',
    '239.255.255.250',
    '255.255.255.255',
  ],
  ...[
    '::1',
    '::',
    'fe80::1',
    'febf::1',
    'ff02::1',
    'ff0e::1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:169.254.169.254',
  ],
];

/** As if the check of addresses were not there: one address becomes another on its way to the kernel. */
function smuggling(from: string, to: string): PathOptions {
  return {
    between: (target: LoadTarget): LoadTarget => ({
      ...target,
      apply: (transaction) =>
        target.apply(JSON.parse(JSON.stringify(transaction).replaceAll(from, to)) as typeof transaction),
    }),
  };
}

async function settingsOf(namespace: WholePath['namespace']): Promise<string> {
  const { stdout } = await namespace.exec([
    'sh',
    '-c',
    'cd /proc/sys/net && find . -type f | sort | xargs grep -H . 2>/dev/null; true',
  ]);
  return stdout.replace(/^.*(?:nf_conntrack_count|ndisc_notify|random|netdev_budget|flow_limit).*$/gm, '');
}

/** What of a listing is an address that nothing may lead to or from. */
function forbiddenIn(listing: string): readonly string[] {
  return (
    listing.match(
      /(?<![\d.])(?:127|0|22[4-9]|23\d|169\.254)\.\d+\.\d+[\d.]*|(?<![\w:])(?:::1?(?![\w:])|fe[89ab]\w::|ff0\w::)\S*/g,
    ) ?? []
  );
}

describe('row 20: forbidden addresses', () => {
  it('are neither endpoints nor frontends, and no setting of the kernel changes', async () => {
    path = await openPath();
    const before = await settingsOf(path.namespace);
    const { services, slices } = everywhere(forbidden);
    path.replace('Service', services);
    path.replace('EndpointSlice', slices);
    await path.sync();
    const listing = await path.listing();
    expect(forbiddenIn(listing)).toEqual([]);
    expect(listing).toContain('10.96.1.1');
    expect(path.diagnostics.filter(({ code }) => code === 'forbidden-address').length).toBe(4 * forbidden.length);
    expect(await settingsOf(path.namespace)).toBe(before);
    expect(before).toMatch(/ipv4\/conf\/all\/route_localnet:0/);
    reportRow({
      row: 20,
      case: `${String(forbidden.length)} addresses as cluster IP, external IP, load-balancer IP and endpoint`,
      n: services.length,
      passNumber: '0 elements; settings identical before and after',
      measured: '0 elements; identical',
    });
  });

  async function reachesLoopback(options: PathOptions, endpoint: string): Promise<readonly string[]> {
    lab = await createLab();
    const opened = new WholePath(lab.namespace('node-a'), options);
    await lab.serve([{ address: '127.0.0.1', port: 8080, protocol: 'TCP' }]);
    opened.replace('Service', [service('inner', '10.96.0.80')]);
    opened.replace('EndpointSlice', [slice('inner', [endpoint])]);
    await opened.sync();
    const request = { address: '10.96.0.80', port: 80, protocol: 'TCP' as const, tries: 3, timeoutMs: 700 };
    const reports = [await lab.probe('node-a', request), await lab.probe('client', request)];
    return reports.flatMap(({ tries }) => tries.map(({ outcome }) => outcome));
  }

  it('do not lead to a listener on loopback', async () => {
    const outcomes = await reachesLoopback({}, '127.0.0.1');
    reportRow({
      row: 20,
      case: 'an endpoint 127.0.0.1 with a listener there, asked from the node and from outside',
      n: outcomes.length,
      passNumber: '0 connections',
      measured: `${String(outcomes.filter((outcome) => outcome === 'answered').length)} connections`,
    });
    expect(outcomes).not.toContain('answered');
  });

  it('do not lead to a listener on loopback: fails without the check of addresses', async () => {
    expect(await reachesLoopback(smuggling('10.244.77.7', '127.0.0.1'), '10.244.77.7')).toContain('answered');
  });
});
