/**
 * What a rule can look at. The words are nft's own; only the expressions a service proxy needs are here, and every one
 * has been loaded with nft 1.0.6, 1.1.3 and 1.1.7.
 *
 * @see {@link renderExpression} for the text of each.
 */
export type Expression =
  | PayloadExpression
  | { readonly kind: 'meta'; readonly key: 'l4proto' | 'mark' | 'iifname' | 'oifname' | 'nfproto' }
  | { readonly kind: 'ct'; readonly key: 'state' | 'status' }
  | { readonly kind: 'fib'; readonly address: 'saddr' | 'daddr'; readonly result: 'type' }
  /** A random number in `[0, mod)`, drawn per packet. */
  | { readonly kind: 'numgen'; readonly mod: number }
  /** A Jenkins hash of `of`, in `[0, mod)`: the same on every machine for the same `seed`. */
  | { readonly kind: 'jhash'; readonly of: Expression; readonly mod: number; readonly seed: number }
  | { readonly kind: 'concat'; readonly parts: readonly Expression[] };

/**
 * A field of a packet's headers.
 *
 * `th` reads the port of any transport protocol. It may stand in a key, but not in the data of a map: nft then refuses
 * every rule added later ("conflicting protocols specified: ip vs. th").
 */
export type PayloadExpression =
  | { readonly kind: 'payload'; readonly protocol: 'ip' | 'ip6'; readonly field: 'saddr' | 'daddr' }
  | {
      readonly kind: 'payload';
      readonly protocol: 'tcp' | 'udp' | 'sctp' | 'th';
      readonly field: 'sport' | 'dport';
    }
  /** The kind of an ICMP message, e.g. `echo-request`; nft adds the match of the protocol by itself. */
  | { readonly kind: 'payload'; readonly protocol: 'icmp' | 'icmpv6'; readonly field: 'type' };

/** A field of a packet's headers, e.g. `payload('ip', 'daddr')`. */
export function payload(protocol: 'ip' | 'ip6', field: 'saddr' | 'daddr'): PayloadExpression;
export function payload(protocol: 'tcp' | 'udp' | 'sctp' | 'th', field: 'sport' | 'dport'): PayloadExpression;
export function payload(protocol: 'icmp' | 'icmpv6', field: 'type'): PayloadExpression;
export function payload(protocol: string, field: string): PayloadExpression {
  return { kind: 'payload', protocol, field } as PayloadExpression;
}

/** Several expressions as one key: `ip daddr . tcp dport`. */
export function concat(...parts: readonly Expression[]): Expression {
  return { kind: 'concat', parts };
}

/** The transport protocol's number, which nft reads and prints as `tcp`, `udp` or `sctp`. */
export const l4proto: Expression = { kind: 'meta', key: 'l4proto' };
