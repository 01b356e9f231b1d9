/** Why a node cannot be written as nft text. */
export type RenderErrorCode = 'NFT_RENDER_NAME' | 'NFT_RENDER_ATOM' | 'NFT_RENDER_NUMBER' | 'NFT_RENDER_INTERFACE';

/** The step of a transaction, and the element in it, that an error is about. */
export interface StepPosition {
  /** Index into {@link Transaction.operations}. */
  readonly operation: number;
  /** Index into the elements of the operation. */
  readonly element?: number;
  /** The service the step was made for, as `namespace/name`. */
  readonly owner?: string;
}

/**
 * A node holds something that must not be written into an nft script: nft's strings have no escape character, it reads
 * `010.0.0.1` as `8.0.0.1`, and it resolves host names. Whoever made the node should have refused the value; this is the
 * last line of defence, and nothing of the transaction has been sent.
 */
export class RenderError extends Error {
  override readonly name = 'RenderError';
  /** Which kind of text was refused: a name, a part of a key or value, a number, or an interface. */
  readonly code: RenderErrorCode;
  /** What the value should have been, e.g. `the name of a set`. */
  readonly what: string;
  /** The value, quoted and cut to 64 characters. */
  readonly value: string;
  /** Where it stands, when it was found while rendering a transaction. */
  readonly at: StepPosition | undefined;

  constructor(code: RenderErrorCode, what: string, value: unknown, at?: StepPosition) {
    const quoted = quote(value);
    super(`${quoted} cannot be written to nft as ${what}${at ? placeOf(at) : ''}`);
    this.code = code;
    this.what = what;
    this.value = quoted;
    this.at = at;
  }
}

/** The same error, saying which step of a transaction it was found in. */
export function locate(error: unknown, at: StepPosition): unknown {
  return error instanceof RenderError ? new RenderError(error.code, error.what, new Quoted(error.value), at) : error;
}

class Quoted {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

function quote(value: unknown): string {
  if (value instanceof Quoted) return value.text;
  if (typeof value !== 'string') return String(value).slice(0, 64);
  return JSON.stringify(value.length > 64 ? `${value.slice(0, 64)}…` : value);
}

function placeOf(at: StepPosition): string {
  const element = at.element === undefined ? '' : `, element ${String(at.element)}`;
  const owner = at.owner === undefined ? '' : `, made for ${JSON.stringify(at.owner.slice(0, 320))}`;
  return ` (operation ${String(at.operation)}${element}${owner})`;
}
