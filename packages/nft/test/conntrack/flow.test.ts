import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlowParser, parseFlow } from '../../src/conntrack/index.js';
import type { Flow } from '../../src/conntrack/index.js';

/** What conntrack 1.4.7 printed on Linux 6.18 of flows that packets had made (those of SCTP had been entered by hand). */
function recording(name: string): string {
  return readFileSync(new URL(`recordings/${name}.txt`, import.meta.url), 'utf8');
}

function parse(...pieces: readonly string[]): { flows: readonly Flow[]; malformed: number } {
  const flows: Flow[] = [];
  const parser = new FlowParser((flow) => flows.push(flow));
  for (const piece of pieces) parser.push(piece);
  parser.end();
  expect(parser.flows).toBe(flows.length);
  return { flows, malformed: parser.malformed };
}

function summary({ protocol, state, original, reply }: Flow): string {
  const server = `${reply.src} ${String(reply.sport)}`;
  return `${protocol}${state === undefined ? '' : ` ${state}`} ${String(original.sport)} > ${original.dst} ${String(original.dport)} = ${server}`;
}

describe('recorded listings', () => {
  it('of UDP: unreplied, replied, assured, masqueraded, in a zone, with a mark, IPv6', () => {
    const { flows, malformed } = parse(recording('udp'));
    expect(malformed).toBe(0);
    expect(flows.map(summary)).toEqual([
      'UDP 5006 > 192.168.0.2 20006 = 192.168.0.2 20006',
      'UDP 20007 > fd00:10:96::a 53 = fd00:10:244::5 5353',
      'UDP 20005 > 192.168.0.1 5005 = 192.168.0.1 5005',
      'UDP 20006 > 192.168.0.1 5006 = 192.168.0.1 5006',
      'UDP 20002 > 10.96.0.10 53 = 10.244.0.5 5353',
      'UDP 20000 > 10.96.0.10 53 = 10.244.0.5 5353',
      'UDP 20004 > 10.96.0.99 53 = 10.96.0.99 53',
      'UDP 20003 > 192.168.0.1 30053 = 10.244.0.6 5353',
      'UDP 20001 > 10.96.0.10 53 = 10.244.0.5 5353',
    ]);
    expect(flows[4]).toEqual({
      family: 'IPv4',
      protocol: 'UDP',
      state: undefined,
      original: { src: '192.168.0.2', dst: '10.96.0.10', sport: 20002, dport: 53 },
      reply: { src: '10.244.0.5', dst: '192.168.0.77', sport: 5353, dport: 20002 },
    });
  });

  it('of IPv6 alone', () => {
    expect(parse(recording('udp-ipv6')).flows).toMatchObject([{ family: 'IPv6', original: { src: '2001:db8:1::2' } }]);
  });

  it('of TCP and SCTP, with their states', () => {
    expect(parse(recording('tcp-ipv4'), recording('sctp')).flows.map(summary)).toEqual([
      'TCP SYN_SENT 20011 > 10.96.0.99 80 = 10.96.0.99 80',
      'TCP CLOSE 20010 > 10.96.0.20 80 = 10.244.0.5 8080',
      'SCTP COOKIE_WAIT 20021 > 10.96.0.31 3868 = 10.96.0.31 3868',
      'SCTP ESTABLISHED 20020 > 10.96.0.30 3868 = 10.244.0.5 3868',
    ]);
  });

  it('with the family in front, counters and an id', () => {
    const { flows, malformed } = parse(recording('extended'), recording('counters'));
    expect([flows.length, malformed]).toEqual([14, 0]);
    expect(new Set(flows.map(({ family }) => family))).toEqual(new Set(['IPv4', 'IPv6']));
    expect(summary(flows[13]!)).toBe('UDP 20030 > 10.96.0.10 53 = 10.244.0.5 5353');
  });

  it('cut anywhere', () => {
    const text = recording('extended');
    const whole = parse(text);
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(text.length), { maxLength: 30 }), (cuts) => {
        const ends = [...cuts.sort((a, b) => a - b), text.length];
        expect(parse(...ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end)))).toEqual(whole);
      }),
    );
  });
});

describe('a line', () => {
  const line =
    'udp      17 29 src=10.0.0.1 dst=10.96.0.10 sport=1 dport=53 [UNREPLIED] src=10.2.0.1 dst=10.0.0.1 sport=5353 dport=1 mark=0';

  it('of an offloaded connection has no timeout', () => {
    expect(
      parseFlow(
        'tcp      6 src=10.0.0.1 dst=10.96.0.10 sport=1 dport=80 src=10.2.0.1 dst=10.0.0.1 sport=80 dport=1 [OFFLOAD] mark=0 use=2',
      ),
    ).toMatchObject({ protocol: 'TCP', state: undefined, reply: { src: '10.2.0.1' } });
  });

  it.each([
    [
      'another protocol',
      'icmp     1 29 src=10.0.0.1 dst=10.0.0.2 type=8 code=0 id=1 src=10.0.0.2 dst=10.0.0.1 type=0 code=0 id=1',
    ],
    ['no reply', line.slice(0, line.indexOf(' [UNREPLIED]'))],
    ['no address', line.replace('10.96.0.10', 'dns.example')],
    ['a port that is none', line.replace('dport=53', 'dport=65536')],
    ['two families', line.replaceAll('10.2.0.1', 'fd00::1')],
    ['other words', 'conntrack v1.4.7 (conntrack-tools): 9 flow entries have been shown.'],
    ['too much', `${line} ${'x'.repeat(5_000)}`],
  ])('with %s is counted, and the next one read', (_, bad) => {
    expect(parse(`${bad}\n${line}`)).toMatchObject({ flows: [{ protocol: 'UDP' }], malformed: 1 });
  });

  it('without an end takes no memory', () => {
    const pieces = Array.from({ length: 100 }, () => 'x'.repeat(4_000));
    expect(parse(line, '\n', ...pieces, '\n', line)).toMatchObject({ flows: [{}, {}], malformed: 1 });
  });

  it('may be anything', () => {
    const words = fc.constantFrom(...line.split(' '), 'src=', 'dport=99999', 'src=::1', 'ipv4', '\n', '=', 'src=[::');
    const text = fc.oneof(
      fc.string(),
      fc.array(words).map((parts) => parts.join(' ')),
    );
    fc.assert(
      fc.property(fc.array(text), (pieces) => {
        const { flows } = parse(...pieces);
        for (const { original, reply } of flows)
          expect([original.sport, reply.dport].every(Number.isInteger)).toBe(true);
      }),
    );
  });
});
