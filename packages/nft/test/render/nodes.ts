import {
  arrivesOn,
  concat,
  counter,
  l4proto,
  leavesOn,
  log,
  match,
  oneOf,
  payload,
  stateIs,
} from '../../src/syntax/index.js';
import type { Chain, Element, Expression, SetDeclaration, Statement } from '../../src/syntax/index.js';

/** Every kind of expression, with its text. */
export const expressions: readonly (readonly [Expression, string])[] = [
  [payload('ip', 'saddr'), 'ip saddr'],
  [payload('ip6', 'daddr'), 'ip6 daddr'],
  [payload('tcp', 'sport'), 'tcp sport'],
  [payload('udp', 'dport'), 'udp dport'],
  [payload('sctp', 'dport'), 'sctp dport'],
  [payload('th', 'dport'), 'th dport'],
  [payload('icmp', 'type'), 'icmp type'],
  [payload('icmpv6', 'type'), 'icmpv6 type'],
  [l4proto, 'meta l4proto'],
  [{ kind: 'meta', key: 'mark' }, 'meta mark'],
  [{ kind: 'meta', key: 'iifname' }, 'meta iifname'],
  [{ kind: 'meta', key: 'oifname' }, 'meta oifname'],
  [{ kind: 'meta', key: 'nfproto' }, 'meta nfproto'],
  [{ kind: 'ct', key: 'state' }, 'ct state'],
  [{ kind: 'ct', key: 'status' }, 'ct status'],
  [{ kind: 'fib', address: 'saddr', result: 'type' }, 'fib saddr type'],
  [{ kind: 'numgen', mod: 3 }, 'numgen random mod 3'],
  [
    { kind: 'jhash', of: concat(payload('ip', 'saddr'), payload('th', 'sport')), mod: 251, seed: 0x1234 },
    'jhash ip saddr . th sport mod 251 seed 0x00001234',
  ],
  [concat(payload('ip', 'daddr'), l4proto, payload('th', 'dport')), 'ip daddr . meta l4proto . th dport'],
];

const slot = concat(payload('ip', 'daddr'), payload('tcp', 'dport'), { kind: 'numgen', mod: 65_536 });
const frontend = concat(payload('ip', 'daddr'), l4proto, payload('th', 'dport'));
const slot6 = concat(payload('ip6', 'daddr'), payload('tcp', 'dport'), { kind: 'numgen', mod: 65_536 });

/** Every kind of declaration, with its text. */
export const declarations: readonly (readonly [SetDeclaration, string])[] = [
  [{ name: 'ips', key: payload('ip', 'daddr') }, 'set ips { typeof ip daddr; }'],
  [
    { name: 'cidrs', key: payload('ip', 'daddr'), flags: ['interval'] },
    'set cidrs { typeof ip daddr; flags interval; }',
  ],
  [
    { name: 'sources', key: concat(frontend, payload('ip', 'saddr')), flags: ['interval'] },
    'set sources { typeof ip daddr . meta l4proto . th dport . ip saddr; flags interval; }',
  ],
  [
    {
      name: 'clients',
      key: payload('ip', 'saddr'),
      flags: ['dynamic', 'timeout'],
      timeoutSeconds: 10_800,
      size: 65_535,
    },
    'set clients { typeof ip saddr; flags dynamic,timeout; timeout 10800s; size 65535; }',
  ],
  [
    { name: 'connections', key: frontend, counter: true },
    'set connections { typeof ip daddr . meta l4proto . th dport; counter; }',
  ],
  [
    { name: 'services', key: frontend, value: 'verdict' },
    'map services { typeof ip daddr . meta l4proto . th dport : verdict; }',
  ],
  [
    { name: 'endpoints', key: slot, value: concat(payload('ip', 'daddr'), payload('tcp', 'dport')) },
    'map endpoints { typeof ip daddr . tcp dport . numgen random mod 65536 : ip daddr . tcp dport; }',
  ],
  [
    { name: 'endpoints6', key: slot6, value: concat(payload('ip6', 'daddr'), payload('tcp', 'dport')) },
    'map endpoints6 { typeof ip6 daddr . tcp dport . numgen random mod 65536 : ip6 daddr . tcp dport; }',
  ],
];

/** Elements of those declarations, with their text. */
export const elements: readonly (readonly [string, Element, string])[] = [
  ['ips', { key: ['10.0.0.1'] }, '10.0.0.1'],
  ['cidrs', { key: ['10.0.0.0/8'] }, '10.0.0.0/8'],
  ['sources', { key: ['10.0.0.1', 'tcp', 80, '0.0.0.0/0'] }, '10.0.0.1 . tcp . 80 . 0.0.0.0/0'],
  ['clients', { key: ['10.0.0.1'], expiresSeconds: 60 }, '10.0.0.1 expires 60s'],
  ['clients', { key: ['10.0.0.2'], timeoutSeconds: 500, expiresSeconds: 60 }, '10.0.0.2 timeout 500s expires 60s'],
  [
    'services',
    { key: ['10.0.0.1', 'sctp', 80], value: { kind: 'goto', chain: 'pick' } },
    '10.0.0.1 . sctp . 80 : goto pick',
  ],
  ['services', { key: ['10.0.0.2', 'tcp', 80], value: { kind: 'drop' } }, '10.0.0.2 . tcp . 80 : drop'],
  ['endpoints', { key: ['10.0.0.1', 80, 0], value: ['10.244.0.1', 8080] }, '10.0.0.1 . 80 . 0 : 10.244.0.1 . 8080'],
  ['endpoints6', { key: ['fd00::1', 80, 0], value: ['fd01::1', 8080] }, 'fd00::1 . 80 . 0 : fd01::1 . 8080'],
];

export const chains: readonly (readonly [Chain, string])[] = [
  [{ name: 'pick' }, 'pick'],
  [
    { name: 'nat-prerouting', base: { type: 'nat', hook: 'prerouting', priority: -100 } },
    'nat-prerouting { type nat hook prerouting priority -100; }',
  ],
  [
    { name: 'nat-output', base: { type: 'nat', hook: 'output', priority: -100 } },
    'nat-output { type nat hook output priority -100; }',
  ],
  [
    { name: 'nat-postrouting', base: { type: 'nat', hook: 'postrouting', priority: 100 } },
    'nat-postrouting { type nat hook postrouting priority 100; }',
  ],
  [
    { name: 'filter-input', base: { type: 'filter', hook: 'input', priority: 0 } },
    'filter-input { type filter hook input priority 0; }',
  ],
  [
    { name: 'filter-forward', base: { type: 'filter', hook: 'forward', priority: 0 } },
    'filter-forward { type filter hook forward priority 0; }',
  ],
  [
    { name: 'closed', base: { type: 'filter', hook: 'input', priority: 10, policy: 'drop' } },
    'closed { type filter hook input priority 10; policy drop; }',
  ],
  [
    { name: 'open', base: { type: 'filter', hook: 'input', priority: 20, policy: 'accept' } },
    'open { type filter hook input priority 20; policy accept; }',
  ],
];

const pod: Statement = {
  kind: 'match',
  left: payload('ip', 'saddr'),
  op: '!=',
  right: { kind: 'value', value: '10.244.0.0/16' },
};

const texts: readonly (readonly [Statement, string, ...Statement[]])[] = [
  [pod, 'ip saddr != 10.244.0.0/16'],
  [{ ...pod, op: '==' }, 'ip saddr 10.244.0.0/16'],
  [
    { kind: 'match', left: { kind: 'ct', key: 'state' }, op: '==', right: { kind: 'value', value: 'new' } },
    'ct state new',
  ],
  [
    { kind: 'match', left: { kind: 'ct', key: 'status' }, op: '==', right: { kind: 'value', value: 'dnat' } },
    'ct status dnat',
  ],
  [
    {
      kind: 'match',
      left: { kind: 'fib', address: 'saddr', result: 'type' },
      op: '==',
      right: { kind: 'value', value: 'local' },
    },
    'fib saddr type local',
  ],
  [
    { kind: 'match', left: { kind: 'numgen', mod: 3 }, op: '==', right: { kind: 'value', value: 0 } },
    'numgen random mod 3 0',
  ],
  [{ kind: 'match', left: payload('ip', 'daddr'), op: '==', right: { kind: 'set', set: 'ips' } }, 'ip daddr @ips'],
  [
    { kind: 'match', left: concat(frontend, payload('ip', 'saddr')), op: '!=', right: { kind: 'set', set: 'sources' } },
    'ip daddr . meta l4proto . th dport . ip saddr != @sources',
  ],
  [
    {
      kind: 'match',
      left: { kind: 'meta', key: 'iifname' },
      op: '==',
      right: { kind: 'interface', name: 'cali', prefix: true },
    },
    'meta iifname "cali*"',
  ],
  [
    {
      kind: 'match',
      left: { kind: 'meta', key: 'iifname' },
      op: '!=',
      right: { kind: 'interface', name: 'eth0.100@x:y-z', prefix: false },
    },
    'meta iifname != "eth0.100@x:y-z"',
  ],
  [
    { kind: 'match', left: { kind: 'meta', key: 'mark' }, op: '!=', right: { kind: 'bits', mask: 0x4000 } },
    'meta mark and 0x00004000 != 0',
  ],
  [
    { kind: 'match', left: { kind: 'meta', key: 'mark' }, op: '==', right: { kind: 'bits', mask: 0x8000_0000 } },
    'meta mark and 0x80000000 == 0',
  ],
  [{ kind: 'vmap', key: frontend, map: 'services' }, 'ip daddr . meta l4proto . th dport vmap @services'],
  [
    {
      kind: 'dnat-map',
      family: 'ip',
      key: concat(payload('ip', 'daddr'), payload('tcp', 'dport'), { kind: 'numgen', mod: 3 }),
      map: 'endpoints',
    },
    'dnat ip to ip daddr . tcp dport . numgen random mod 3 map @endpoints',
  ],
  [
    {
      kind: 'dnat-map',
      family: 'ip6',
      key: concat(payload('ip6', 'daddr'), payload('tcp', 'dport'), {
        kind: 'jhash',
        of: payload('ip6', 'saddr'),
        mod: 251,
        seed: 1,
      }),
      map: 'endpoints6',
    },
    'dnat ip6 to ip6 daddr . tcp dport . jhash ip6 saddr mod 251 seed 0x00000001 map @endpoints6',
  ],
  [
    { kind: 'dnat', family: 'ip', address: '10.244.0.11', port: 8080 },
    'dnat ip to 10.244.0.11:8080',
    { kind: 'match', left: l4proto, op: '==', right: { kind: 'value', value: 'tcp' } },
  ],
  [
    { kind: 'dnat', family: 'ip6', address: 'fd01::11', port: 8080 },
    'dnat ip6 to [fd01::11]:8080',
    { kind: 'match', left: l4proto, op: '==', right: { kind: 'value', value: 'sctp' } },
  ],
  [{ kind: 'verdict', verdict: { kind: 'goto', chain: 'pick' } }, 'goto pick'],
  [{ kind: 'verdict', verdict: { kind: 'jump', chain: 'pick' } }, 'jump pick'],
  [{ kind: 'verdict', verdict: { kind: 'accept' } }, 'accept'],
  [{ kind: 'verdict', verdict: { kind: 'drop' } }, 'drop'],
  [{ kind: 'verdict', verdict: { kind: 'return' } }, 'return'],
  [{ kind: 'reject' }, 'reject'],
  [{ kind: 'reject', with: 'tcp reset' }, 'reject with tcp reset'],
  [oneOf(payload('tcp', 'dport'), 80, 443), 'tcp dport { 80, 443 }'],
  [oneOf(payload('tcp', 'dport'), 22), 'tcp dport 22'],
  [
    match(payload('ip', 'saddr'), { kind: 'values', values: ['10.0.0.1', '10.1.0.0/16'] }, '!='),
    'ip saddr != { 10.0.0.1, 10.1.0.0/16 }',
  ],
  [match(payload('udp', 'dport'), { kind: 'range', from: 1024, to: 65_535 }), 'udp dport 1024-65535'],
  [oneOf(payload('icmp', 'type'), 'echo-request', 'time-exceeded'), 'icmp type { echo-request, time-exceeded }'],
  [oneOf(payload('icmpv6', 'type'), 'nd-neighbor-solicit'), 'icmpv6 type nd-neighbor-solicit'],
  [stateIs('established', 'related'), 'ct state { established, related }'],
  [arrivesOn('eth0'), 'meta iifname "eth0"'],
  [leavesOn('eth1'), 'meta oifname "eth1"'],
  [counter, 'counter'],
  [{ kind: 'log' }, 'log'],
  [log('input refused: ', 'info'), 'log prefix "input refused: " level info'],
  [{ kind: 'limit', rate: 5, per: 'second' }, 'limit rate 5/second'],
  [{ kind: 'limit', rate: 10, per: 'minute', burst: 3, over: true }, 'limit rate over 10/minute burst 3 packets'],
  [{ kind: 'mark-or', mask: 0x4000 }, 'meta mark set meta mark or 0x00004000'],
  [{ kind: 'mark-xor', mask: 0x4000 }, 'meta mark set meta mark xor 0x00004000'],
  [{ kind: 'masquerade' }, 'masquerade fully-random'],
  [{ kind: 'update', set: 'clients', key: payload('ip', 'saddr') }, 'update @clients { ip saddr }'],
  [
    { kind: 'update', set: 'clients', key: payload('ip', 'saddr'), timeoutSeconds: 600 },
    'update @clients { ip saddr timeout 600s }',
  ],
];

/** Every kind of statement, with its text, and those that must stand before it in a rule. */
export const statements = texts.map(([statement, text, ...before]) => ({ statement, text, before }));
