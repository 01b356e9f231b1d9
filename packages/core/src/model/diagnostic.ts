/** Why something of an object was not used. Stable: programs may compare them. */
export type DiagnosticCode =
  | 'invalid-object'
  | 'invalid-name'
  | 'invalid-address'
  | 'forbidden-address'
  | 'wrong-family'
  | 'invalid-port'
  | 'duplicate-port'
  | 'invalid-protocol'
  | 'invalid-value'
  | 'no-service'
  | 'unsupported-address-type'
  | 'address-conflict'
  | 'too-many';

/** Something in an object that could not be used, and was left out; the rest of the object is used. */
export interface Diagnostic {
  /** What kind of problem it is. Unlike the message, it keeps its meaning from release to release. */
  readonly code: DiagnosticCode;
  /** The object's kind, `Service` or `EndpointSlice`. */
  readonly kind: string;
  /** `metadata.namespace` (`default` where absent); quoted as it stands where that or the name is refused. */
  readonly namespace: string;
  /** `metadata.name`; quoted as it stands where that or the namespace is refused. */
  readonly name: string;
  /** The path of the field, e.g. `spec.externalIPs[1]`. */
  readonly field: string;
  /** What is wrong and what to do, in one sentence. Values of the object are quoted and cut short. */
  readonly message: string;
}

/** A value of an object, quoted and cut to at most 64 characters, so that it can stand in a message or a log. */
export function quote(value: unknown): string {
  const printable = textOf(value).replace(/[^\x20-\x7e]/g, '?');
  return printable.length <= 64 ? printable : `${printable.slice(0, 61)}...`;
}

// Lists and objects are not written out: they may be huge, refer to themselves, or refuse to be text.
function textOf(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.slice(0, 64));
    case 'object':
      return value === null ? 'null' : Array.isArray(value) ? 'a list' : 'an object';
    case 'function':
      return 'a function';
    case 'number':
    case 'boolean':
    case 'bigint':
    case 'symbol':
    case 'undefined':
      return String(value);
  }
}
