import { familyOf, parseAddress, scopeOf } from '../net/index.js';
import type { Address, Protocol } from '../net/index.js';
import { quote } from '../model/index.js';
import type { Diagnostic, DiagnosticCode } from '../model/index.js';

const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const dnsSubdomain = /^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/;
const protocolNames: ReadonlySet<unknown> = new Set(['TCP', 'UDP', 'SCTP']);

/** Most diagnostics kept of one object: a hostile object must not fill a log or the memory. */
const mostDiagnostics = 32;

/** Whether text is a DNS label: at most 63 lower-case letters, digits and inner dashes. */
export function isDnsLabel(text: unknown): text is string {
  return typeof text === 'string' && dnsLabel.test(text);
}

/** Whether text can be the name of an object: at most 253 lower-case letters, digits, dots and dashes. */
export function isObjectName(text: unknown): text is string {
  return typeof text === 'string' && dnsSubdomain.test(text);
}

/** A whole number from 1 to 65535. */
export function isPort(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 65535;
}

/** `TCP`, `UDP` or `SCTP`; absent means TCP, as in Kubernetes. */
export function protocolOf(value: unknown): Protocol | undefined {
  if (value === undefined || value === null || value === '') return 'TCP';
  return protocolNames.has(value) ? (value as Protocol) : undefined;
}

/** The value as a list: anything that is not an array is an empty one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The fields of an object of any shape. */
export type Fields = Readonly<Record<string, unknown>>;

/** The value's fields: anything that is not an object has none. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

/** The fields of an object's `metadata`. */
export function metadataOf(object: unknown): Fields {
  return fieldsOf(fieldsOf(object)['metadata']);
}

/**
 * `namespace/name`, as one text. A template would keep its parts beside it, 60 bytes for each of the hundreds of thousands
 * of keys that a large cluster has.
 */
export function joined(namespace: string, name: string): string {
  return [namespace, name].join('/');
}

/** Collects what could not be used of one object. */
export class Findings {
  readonly diagnostics: Diagnostic[] = [];
  readonly #kind: string;
  readonly #namespace: string;
  readonly #name: string;

  constructor(kind: string, namespace: string, name: string) {
    this.#kind = kind;
    this.#namespace = namespace;
    this.#name = name;
  }

  add(code: DiagnosticCode, field: string, message: string): void {
    if (this.diagnostics.length >= mostDiagnostics) return;
    const last = this.diagnostics.length === mostDiagnostics - 1;
    this.diagnostics.push({
      code: last ? 'too-many' : code,
      kind: this.#kind,
      namespace: this.#namespace,
      name: this.#name,
      field,
      message: last ? `${message} (further problems of this object are not listed)` : message,
    });
  }

  /** Reads the fields of an object that must be there; reports that it is not. */
  fields(value: unknown, field: string): Fields {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.add('invalid-object', field, `${quote(value)} is not an object with fields; nothing of it is used`);
    }
    return fieldsOf(value);
  }

  /** Reads a list, absent means empty; reports what is none. */
  list(value: unknown, field: string): readonly unknown[] {
    if (value !== undefined && value !== null && !Array.isArray(value)) {
      this.add('invalid-value', field, `${quote(value)} is not a list; it is ignored`);
    }
    return listOf(value);
  }

  /** The first `most` entries of a list; reports that there are more. */
  atMost(most: number, value: unknown, field: string): readonly unknown[] {
    return this.firstOf(most, this.list(value, field), field);
  }

  /** The same of what has been read. */
  firstOf<T>(most: number, all: readonly T[], field: string): readonly T[] {
    if (all.length <= most) return all;
    this.add('too-many', field, `of ${String(all.length)} entries only the first ${String(most)} are used`);
    return all.slice(0, most);
  }

  /** Reads an address that may be a frontend or an endpoint; reports what is not. */
  address(value: unknown, field: string, use: 'frontend' | 'endpoint'): Address | undefined {
    const address = parseAddress(value);
    if (address === undefined) {
      this.add('invalid-address', field, `${quote(value)} is not an IP address; it is ignored until it is corrected`);
      return undefined;
    }
    const scope = scopeOf(address);
    if (scope === 'unicast') return address;
    this.add(
      'forbidden-address',
      field,
      `${address} is ${article(scope)} address, which cannot be a ${use}; it is ignored`,
    );
    return undefined;
  }
}

function article(scope: string): string {
  return /^[aeiou]/.test(scope) ? `an ${scope}` : `a ${scope}`;
}

/** A family's own addresses, without duplicates, sorted by text. */
export function sortedOfFamily(addresses: readonly Address[], family: string): readonly Address[] {
  return [...new Set(addresses.filter((address) => familyOf(address) === family))].sort();
}
