import type { Expression } from './expression.js';

/**
 * One part of a key or value: an address, a prefix (`10.0.0.0/8`), a port or slot number, or a word of nft's own such as
 * `tcp` or `local`. Text is checked against a closed alphabet when it is rendered: nft's quoted strings have no escape
 * character, so nothing that needs quoting can ever be written.
 */
export type Atom = string | number;

/** Where a packet goes next, when a map or a rule decides it. `reject` is not a verdict in nft, but a statement. */
export type Verdict =
  { readonly kind: 'goto' | 'jump'; readonly chain: string } | { readonly kind: 'accept' | 'drop' | 'return' };

/** The right-hand side of a comparison. */
export type Operand =
  | { readonly kind: 'value'; readonly value: Atom }
  /** One of several, written into the rule (`{ 80, 443 }`). A few: for many, and for what changes, there are named sets. */
  | { readonly kind: 'values'; readonly values: readonly Atom[] }
  /** A number from `from` to `to`, both included: `1024-65535`. */
  | { readonly kind: 'range'; readonly from: number; readonly to: number }
  /** Membership of a named set. */
  | { readonly kind: 'set'; readonly set: string }
  /** An interface name, exact or, with `prefix`, every name that starts so. Rendered quoted, after a check of its alphabet. */
  | { readonly kind: 'interface'; readonly name: string; readonly prefix: boolean }
  /** The bits of the left side under a mask, compared with zero: with `!=`, true where any of them is set. */
  | { readonly kind: 'bits'; readonly mask: number };

/** One statement of a rule. A rule's statements run from left to right; a comparison that fails ends the rule. */
export type Statement =
  | { readonly kind: 'match'; readonly left: Expression; readonly op: '==' | '!='; readonly right: Operand }
  /** Look the key up in a verdict map; go where it says, or on to the next statement if it has no such element. */
  | { readonly kind: 'vmap'; readonly key: Expression; readonly map: string }
  /** Rewrite the destination to what a map holds for the key. Without such an element the rule ends, as if not matched. */
  | { readonly kind: 'dnat-map'; readonly family: 'ip' | 'ip6'; readonly key: Expression; readonly map: string }
  /** Rewrite the destination to one endpoint. nft wants a match of `meta l4proto` earlier in the rule, for the port. */
  | { readonly kind: 'dnat'; readonly family: 'ip' | 'ip6'; readonly address: string; readonly port: number }
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  /** Answer with an ICMP or ICMPv6 port-unreachable, for every protocol; or with a TCP reset, and match TCP alone. */
  | { readonly kind: 'reject'; readonly with?: 'tcp reset' }
  /** `meta mark set meta mark or MASK`. Other bits of the mark stay as they are. */
  | { readonly kind: 'mark-or'; readonly mask: number }
  /** `meta mark set meta mark xor MASK`. Other bits of the mark stay as they are. */
  | { readonly kind: 'mark-xor'; readonly mask: number }
  /** Rewrite the source to this node's address on the way out, with random source ports. */
  | { readonly kind: 'masquerade' }
  /** Put the key into a dynamic set, or start its timeout afresh: that of the statement or else of the set. */
  | { readonly kind: 'update'; readonly set: string; readonly key: Expression; readonly timeoutSeconds?: number }
  /** Count the packets and bytes that come this far; `nft list` shows them. */
  | { readonly kind: 'counter' }
  /** Write a line to the kernel's log, which begins with `prefix`: letters, digits, blanks and `._:/-`, 127 at most. */
  | { readonly kind: 'log'; readonly prefix?: string; readonly level?: LogLevel }
  /**
   * Go on as long as no more than `rate` packets come `per` unit of time, after a first `burst` (nft's default: 5); with
   * `over`, go on for those that are too many.
   */
  | {
      readonly kind: 'limit';
      readonly rate: number;
      readonly per: 'second' | 'minute' | 'hour' | 'day';
      readonly burst?: number;
      readonly over?: boolean;
    };

/** How grave a line of the kernel's log is, in syslog's words; `warn` is the kernel's default. */
export type LogLevel = 'emerg' | 'alert' | 'crit' | 'err' | 'warn' | 'notice' | 'info' | 'debug';

/** A rule: its statements, in order. */
export type Rule = readonly Statement[];

/** A chain. With `base`, netfilter calls it for every packet that passes the hook; without, rules and maps lead to it. */
export interface Chain {
  /** Unique in the table. A letter, then letters, digits and `._/-`: 255 at most. */
  readonly name: string;
  /** A base chain's place, and what it does with packets that no rule decides on. */
  readonly base?: {
    readonly type: 'filter' | 'nat';
    readonly hook: 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';
    /** Lower runs earlier. Written as a number: older nft refuses the name `dstnat` on the output hook. */
    readonly priority: number;
    /** What becomes of packets that reach the chain's end. Default: `accept`, as in nft. A later `add-chain` changes it. */
    readonly policy?: 'accept' | 'drop';
  };
}

/**
 * A named set or map. Declared with `typeof`, never `type`: a concatenated `type … : verdict` map written by nft ≥ 1.1.3
 * crashes nft 1.0.6 when it lists the ruleset. So does a `jhash` in the key of a declaration: a `numgen` is of its type.
 */
export interface SetDeclaration {
  /** Unique among the table's sets and maps, of the same characters as a chain's. */
  readonly name: string;
  /** What is looked up in it: the types of its parts are those of an element's key. */
  readonly key: Expression;
  /** Absent: a set. `verdict`: a verdict map. Otherwise the type of the values. */
  readonly value?: 'verdict' | Expression;
  /** `interval`: elements are prefixes. `dynamic` and `timeout`: rules add elements, which expire. */
  readonly flags?: readonly ('interval' | 'dynamic' | 'timeout')[];
  /** Seconds until an element that is not refreshed expires; only with the flag `timeout`. */
  readonly timeoutSeconds?: number;
  /** Most elements the kernel accepts; needed for sets that rules fill. */
  readonly size?: number;
  /** Every look-up that finds an element counts its packet at it: with the element, from Linux 5.7 on. */
  readonly counter?: true;
}

/** One element of a set or map. */
export interface Element {
  /** One atom for each part of the set's key. */
  readonly key: readonly Atom[];
  /** What a map holds for the key: a verdict, or one atom for each part of its value. Absent in a set. */
  readonly value?: readonly Atom[] | Verdict;
  /** Seconds from each refresh until it expires, where that is not the set's own timeout. */
  readonly timeoutSeconds?: number;
  /** Seconds of life left, up to the timeout, when an entry is carried from one table to another. */
  readonly expiresSeconds?: number;
}
