/** Text that means something to nft, a shell, a log, a terminal or JSON, where it should mean nothing. */
export const injections: readonly string[] = [
  '"; delete table ip victim; add table ip pwned; #"',
  '\\"; delete table ip victim; add table ip pwned; #',
  'x; flush ruleset',
  'x\nflush ruleset\n',
  'x\rflush ruleset\r',
  '} ; flush ruleset ; add table ip pwned {',
  '10.0.0.1 . tcp . 80 : drop }; flush ruleset; add element inet nftproxier services4 { 10.0.0.2',
  '10.0.0.1, 10.0.0.2',
  '10.0.0.1-10.0.0.9',
  '@cluster-ips4',
  '$pwned',
  'include "/etc/hostname"',
  '# comment',
  '$(touch /tmp/pwned)',
  '`touch /tmp/pwned`',
  "'; touch /tmp/pwned; '",
  '../../../etc/passwd',
  '{"nftables":[{"flush":{"ruleset":null}}]}',
  '%s%n%x',
  '\u0000',
  '\u001b[2J\u001b]0;pwned\u0007',
  '\u202epwned',
  '\ud800',
  'localhost',
  'ip6-localhost',
  'example.invalid',
  '*',
  'ip',
  'counter',
  '0',
  '-1',
  '1e9',
  '0x0a000001',
  '010.0.0.1',
  '::ffff:127.0.0.1',
  'fe80::1%lo',
  '10.0.0.0/8',
  '__proto__',
  'constructor',
  'toString',
  'a'.repeat(129),
  'a'.repeat(300),
  'b'.repeat(100_000),
  'é'.repeat(64),
  '',
  ' ',
];

/** One object of each kind, with every field that is read, and some that are not. `number` makes them distinct. */
export function templates(number: number): readonly object[] {
  const name = `object-${String(number)}`;
  const low = `${String((number >> 8) & 255)}.${String(number & 255)}`;
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        namespace: 'fuzz',
        name,
        uid: `uid-${String(number)}`,
        resourceVersion: '7',
        creationTimestamp: '2026-01-01T00:00:00Z',
        labels: { app: 'web' },
        annotations: { 'nftproxier.io/algorithm': 'random', note: 'text' },
      },
      spec: {
        type: 'LoadBalancer',
        clusterIP: `10.100.${low}`,
        clusterIPs: [`10.100.${low}`, `fd00:100::${number.toString(16)}`],
        ipFamilies: ['IPv4', 'IPv6'],
        ports: [
          { name: 'http', protocol: 'TCP', port: 80, nodePort: 30_000 + (number % 2_000) },
          { name: 'dns', protocol: 'UDP', port: 53 },
        ],
        externalIPs: [`198.18.${low}`],
        externalTrafficPolicy: 'Local',
        internalTrafficPolicy: 'Cluster',
        sessionAffinity: 'None',
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 10 } },
        loadBalancerSourceRanges: ['192.0.2.0/24', '2001:db8::/32'],
        healthCheckNodePort: 0,
        trafficDistribution: 'PreferClose',
      },
      status: { loadBalancer: { ingress: [{ ip: `198.19.${low}`, ipMode: 'VIP', hostname: 'lb.example' }] } },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        namespace: 'fuzz',
        name: `${name}-1`,
        labels: { 'kubernetes.io/service-name': name },
        annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': '2026-01-01T00:00:00Z' },
      },
      addressType: 'IPv4',
      ports: [{ name: 'http', protocol: 'TCP', port: 8080, appProtocol: 'http' }],
      endpoints: [
        {
          addresses: [`10.200.${low}`],
          conditions: { ready: true, serving: true, terminating: false },
          hostname: 'pod',
          nodeName: 'node-a',
          zone: 'east',
          hints: { forZones: [{ name: 'east' }], forNodes: [{ name: 'node-a' }] },
        },
      ],
    },
    {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'node-a', labels: { 'topology.kubernetes.io/zone': 'east' } },
      spec: {
        podCIDR: '10.244.0.0/24',
        podCIDRs: ['10.244.0.0/24'],
        taints: [{ key: 'a', value: 'b', effect: 'NoSchedule' }],
      },
      status: { addresses: [{ type: 'InternalIP', address: '192.0.2.1' }] },
    },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'ServiceCIDR',
      metadata: { name },
      spec: { cidrs: ['10.100.0.0/16'] },
    },
  ];
}

/** Where a value stands in an object. */
export type Path = readonly (string | number)[];

/** Every place of an object, the object itself left out. */
export function pathsOf(value: unknown): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]): readonly Path[] => [
    [key],
    ...pathsOf(inner).map((path) => [key, ...path]),
  ]);
}

/** Every place of an object where text stands. */
export function textsOf(object: object): readonly Path[] {
  return pathsOf(object).filter((path) => typeof at(object, path) === 'string');
}

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], value);
}

/** A copy of an object with another value at a place. */
export function withValue(object: object, path: Path, value: unknown): object {
  const copy = structuredClone(object);
  const last = path.at(-1);
  const parent = at(copy, path.slice(0, -1));
  if (last === undefined || typeof parent !== 'object' || parent === null) return copy;
  Object.defineProperty(parent, last, { value, enumerable: true, configurable: true, writable: true });
  return copy;
}

/** A copy of an object in which a field has another name. */
export function withKey(object: object, path: Path, key: string): object {
  const value = at(object, path);
  const copy = structuredClone(object);
  const parent = at(copy, path.slice(0, -1)) as Record<string, unknown>;
  // Neither JSON nor YAML has lists with named fields.
  if (Array.isArray(parent)) return copy;
  Reflect.deleteProperty(parent, path.at(-1) ?? '');
  Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true });
  return copy;
}
