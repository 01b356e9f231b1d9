import { parseAddress, parseCidr } from '@nftproxier/core';
import { concat, l4proto, payload } from '../../src/syntax/index.js';
import type {
  Atom,
  Chain,
  Element,
  Expression,
  Operation,
  Rule,
  SetDeclaration,
  Statement,
  Verdict,
} from '../../src/syntax/index.js';

/** A ruleset of a service proxy, elements only, for one family and protocol; addresses are written as IPv4 either way. */
export interface Setting {
  readonly family: 'ip' | 'ip6';
  readonly protocol: 'tcp' | 'udp';
}

/** `10.96.0.1` in the setting's family: `10.96.0.1` or `fd00:10:96::1`; prefixes likewise. */
export function inFamily({ family }: Setting, text: string): string {
  if (family === 'ip') return text;
  const [address = '', length] = text.split('/');
  const [a, b, c, d] = address.split('.');
  const mapped = `fd00:${String(a)}:${String(b)}:${String(c)}::${String(d)}`;
  if (length === undefined) return parseAddress(mapped) ?? mapped;
  return parseCidr(`${mapped}/${String(Number(length) * 2 + 16)}`) ?? mapped;
}

const podRange = '10.244.0.0/16';
export const markBit = 0x4000;
export const backends = [
  ['10.244.0.11', 8080],
  ['10.244.0.12', 8080],
  ['10.244.0.13', 8081],
] as const;

/** The whole ruleset, as the steps that load it into an empty table. */
export function prototype(setting: Setting): readonly Operation[] {
  const { family, protocol } = setting;
  const ip = (text: string): string => inFamily(setting, text);
  const saddr = payload(family, 'saddr');
  const daddr = payload(family, 'daddr');
  const dport = payload(protocol, 'dport');
  const frontend = concat(daddr, l4proto, payload('th', 'dport'));
  const nodePort = concat(l4proto, payload('th', 'dport'));
  const value = concat(daddr, dport);
  const random = (mod: number): Expression => ({ kind: 'numgen', mod });
  const slots = concat(daddr, dport, random(65_536));
  const nodePortSlots = concat(dport, random(65_536));

  const sets: readonly SetDeclaration[] = [
    { name: 'cluster-ips', key: daddr },
    { name: 'service-cidrs', key: daddr, flags: ['interval'] },
    { name: 'nodeport-ips', key: daddr },
    { name: 'services', key: frontend, value: 'verdict' },
    { name: 'nodeports', key: nodePort, value: 'verdict' },
    { name: 'no-endpoints', key: frontend, value: 'verdict' },
    { name: 'no-endpoint-nodeports', key: nodePort, value: 'verdict' },
    { name: 'endpoints', key: slots, value },
    { name: 'local-endpoints', key: slots, value },
    { name: 'nodeport-endpoints', key: nodePortSlots, value },
    { name: 'nodeport-local-endpoints', key: nodePortSlots, value },
    { name: 'firewalled', key: frontend },
    { name: 'allowed-sources', key: concat(daddr, l4proto, payload('th', 'dport'), saddr), flags: ['interval'] },
    { name: 'hairpin', key: concat(saddr, daddr, l4proto, payload('th', 'dport')) },
    affinitySet('affinity-0', saddr),
    affinitySet('affinity-1', saddr),
    { name: 'affinity-endpoints', key: concat(l4proto, random(65_536)), value: 'verdict' },
  ];

  const at = (left: Expression, op: '==' | '!=', right: Extract<Statement, { kind: 'match' }>['right']): Statement => ({
    kind: 'match',
    left,
    op,
    right,
  });
  const inSet = (left: Expression, set: string): Statement => at(left, '==', { kind: 'set', set });
  const is = (left: Expression, wanted: string): Statement => at(left, '==', { kind: 'value', value: wanted });
  const fromPod = is(saddr, ip(podRange));
  const fromNode = is({ kind: 'fib', address: 'saddr', result: 'type' }, 'local');
  const isNew = is({ kind: 'ct', key: 'state' }, 'new');
  const vmap = (key: Expression, map: string): Statement => ({ kind: 'vmap', key, map });
  const jump = (chain: string): Statement => ({ kind: 'verdict', verdict: { kind: 'jump', chain } });
  const goto = (chain: string): Statement => ({ kind: 'verdict', verdict: { kind: 'goto', chain } });
  const drop: Statement = { kind: 'verdict', verdict: { kind: 'drop' } };
  const pick = (mod: number, map: string): Statement => ({
    kind: 'dnat-map',
    family,
    key: map.startsWith('nodeport') ? concat(dport, random(mod)) : concat(daddr, dport, random(mod)),
    map,
  });
  const dnat = (index: 0 | 1): Rule => [
    is(l4proto, protocol),
    { kind: 'dnat', family, address: ip(backends[index][0]), port: backends[index][1] },
  ];

  const chains: readonly (readonly [string, readonly Rule[], Chain['base']?])[] = [
    ['reject-chain', [[{ kind: 'reject' }]]],
    ['mark-for-masquerade', [[{ kind: 'mark-or', mask: markBit }]]],
    ['pick-1', [[pick(1, 'endpoints')], [pick(1, 'endpoints')]]],
    ['pick-3', [[pick(3, 'endpoints')], [goto('pick-1')]]],
    ['local-pick-1', [[pick(1, 'local-endpoints')]]],
    ['nodeport-pick-3', [[pick(3, 'nodeport-endpoints')]]],
    ['nodeport-local-pick-1', [[pick(1, 'nodeport-local-endpoints')]]],
    ['external-3', [[jump('mark-for-masquerade')], [goto('pick-3')]]],
    ['nodeport-external-3', [[jump('mark-for-masquerade')], [goto('nodeport-pick-3')]]],
    [
      'external-local-3-1',
      [
        [fromPod, goto('pick-3')],
        [fromNode, jump('mark-for-masquerade')],
        [fromNode, goto('pick-3')],
        [goto('local-pick-1')],
      ],
    ],
    [
      'nodeport-local-3-1',
      [
        [fromPod, goto('nodeport-pick-3')],
        [fromNode, jump('mark-for-masquerade')],
        [fromNode, goto('nodeport-pick-3')],
        [goto('nodeport-local-pick-1')],
      ],
    ],
    ['endpoint-0', [[{ kind: 'update', set: 'affinity-0', key: saddr }], dnat(0)]],
    ['endpoint-1', [[{ kind: 'update', set: 'affinity-1', key: saddr }], dnat(1)]],
    [
      'affinity',
      [
        [inSet(saddr, 'affinity-0'), goto('endpoint-0')],
        [inSet(saddr, 'affinity-1'), goto('endpoint-1')],
        [vmap(concat(l4proto, random(2)), 'affinity-endpoints')],
      ],
    ],
    [
      'services',
      [
        [
          inSet(daddr, 'cluster-ips'),
          at(saddr, '!=', { kind: 'value', value: ip(podRange) }),
          jump('mark-for-masquerade'),
        ],
        [vmap(frontend, 'services')],
        [vmap(frontend, 'services')],
        [inSet(daddr, 'nodeport-ips'), vmap(nodePort, 'nodeports')],
        [inSet(daddr, 'nodeport-ips'), vmap(nodePort, 'nodeports')],
      ],
    ],
    [
      'firewall',
      [
        [
          inSet(frontend, 'firewalled'),
          at(concat(daddr, l4proto, payload('th', 'dport'), saddr), '!=', { kind: 'set', set: 'allowed-sources' }),
          drop,
        ],
      ],
    ],
    ['no-endpoints-check', [[vmap(frontend, 'no-endpoints')]]],
    ['no-endpoint-nodeports-check', [[inSet(daddr, 'nodeport-ips'), vmap(nodePort, 'no-endpoint-nodeports')]]],
    [
      'cluster-ips-check',
      [
        [inSet(daddr, 'cluster-ips'), { kind: 'reject' }],
        [inSet(daddr, 'service-cidrs'), drop],
      ],
    ],
    ['filter-prerouting', [[isNew, jump('firewall')]], { type: 'filter', hook: 'prerouting', priority: -110 }],
    ['filter-output-pre-dnat', [[isNew, jump('firewall')]], { type: 'filter', hook: 'output', priority: -110 }],
    ['nat-prerouting', [[jump('services')]], { type: 'nat', hook: 'prerouting', priority: -100 }],
    ['nat-output', [[jump('services')]], { type: 'nat', hook: 'output', priority: -100 }],
    [
      'filter-input',
      [
        [isNew, jump('no-endpoint-nodeports-check')],
        [isNew, jump('no-endpoints-check')],
      ],
      { type: 'filter', hook: 'input', priority: 0 },
    ],
    [
      'filter-forward',
      [
        [isNew, jump('no-endpoints-check')],
        [isNew, jump('cluster-ips-check')],
      ],
      { type: 'filter', hook: 'forward', priority: 0 },
    ],
    [
      'filter-output',
      [
        [isNew, jump('no-endpoints-check')],
        [isNew, jump('cluster-ips-check')],
      ],
      { type: 'filter', hook: 'output', priority: 0 },
    ],
    [
      'nat-postrouting',
      [
        [
          at({ kind: 'meta', key: 'mark' }, '!=', { kind: 'bits', mask: markBit }),
          { kind: 'mark-xor', mask: markBit },
          { kind: 'masquerade' },
        ],
        [
          is({ kind: 'ct', key: 'status' }, 'dnat'),
          inSet(concat(saddr, daddr, l4proto, payload('th', 'dport')), 'hairpin'),
          { kind: 'masquerade' },
        ],
      ],
      { type: 'nat', hook: 'postrouting', priority: 100 },
    ],
  ];

  const to = (chain: string): Verdict => ({ kind: 'goto', chain });
  const frontendAt = (address: string, verdict: Verdict): Element => ({
    key: [ip(address), protocol, 80],
    value: verdict,
  });
  const port = (number: number, verdict: Verdict): Element => ({ key: [protocol, number], value: verdict });
  const keys = (...all: readonly (readonly Atom[])[]): readonly Element[] => all.map((key) => ({ key }));
  const slotsOf = (head: readonly Atom[], list: readonly (readonly [string, number])[]): readonly Element[] =>
    list.map(([address, number], slot) => ({ key: [...head, slot], value: [ip(address), number] }));
  const local = backends.slice(0, 1);

  const elements: Readonly<Record<string, readonly Element[]>> = {
    'cluster-ips': keys([ip('10.96.0.1')], [ip('10.96.0.2')], [ip('10.96.0.9')]),
    'service-cidrs': keys([ip('10.96.0.0/16')]),
    'nodeport-ips': keys([ip('192.168.77.1')]),
    services: [
      frontendAt('10.96.0.1', to('pick-3')),
      frontendAt('10.96.0.2', to('affinity')),
      frontendAt('203.0.113.1', to('external-3')),
      frontendAt('203.0.113.2', to('external-local-3-1')),
    ],
    nodeports: [port(30_080, to('nodeport-external-3')), port(30_081, to('nodeport-local-3-1'))],
    'no-endpoints': [frontendAt('10.96.0.9', to('reject-chain')), frontendAt('203.0.113.9', { kind: 'drop' })],
    'no-endpoint-nodeports': [port(30_089, to('reject-chain'))],
    firewalled: keys([ip('203.0.113.1'), protocol, 80]),
    'allowed-sources': keys(
      [ip('203.0.113.1'), protocol, 80, ip('192.168.50.0/24')],
      [ip('203.0.113.1'), protocol, 80, ip('10.244.0.12')],
    ),
    hairpin: keys(...backends.map(([address, number]) => [ip(address), ip(address), protocol, number])),
    endpoints: ['10.96.0.1', '203.0.113.1', '203.0.113.2'].flatMap((address) => slotsOf([ip(address), 80], backends)),
    'local-endpoints': slotsOf([ip('203.0.113.2'), 80], local),
    'nodeport-endpoints': [30_080, 30_081].flatMap((number) => slotsOf([number], backends)),
    'nodeport-local-endpoints': slotsOf([30_081], local),
    'affinity-endpoints': [
      { key: [protocol, 0], value: to('endpoint-0') },
      { key: [protocol, 1], value: to('endpoint-1') },
    ],
  };

  return [
    { op: 'add-table' },
    ...sets.map((set): Operation => ({ op: 'add-set', set })),
    ...chains.map(([name, , base]): Operation => ({ op: 'add-chain', chain: { name, ...(base && { base }) } })),
    ...chains.flatMap(([chain, rules]) => rules.map((rule): Operation => ({ op: 'add-rule', chain, rule }))),
    ...Object.entries(elements).map(([set, list]): Operation => ({ op: 'add-elements', set, elements: list })),
  ];
}

function affinitySet(name: string, key: Expression): SetDeclaration {
  return { name, key, flags: ['dynamic', 'timeout'], timeoutSeconds: 10_800, size: 65_535 };
}
