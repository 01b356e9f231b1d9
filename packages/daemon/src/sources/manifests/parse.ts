import { LineCounter, parseAllDocuments } from 'yaml';
import { withDefaults } from '@nftproxier/core';
import type { KubernetesObject } from '@nftproxier/core';
import { objectKinds } from '../source.js';
import type { ObjectKind } from '../source.js';

/** A manifest that cannot be read: where, what is wrong, and what to do. */
export class ManifestError extends Error {
  readonly code = 'manifest';
  readonly file: string;
  /** Counted from 1; undefined where the whole file is meant. */
  readonly line: number | undefined;

  constructor(file: string, line: number | undefined, what: string) {
    super(`${file}${line === undefined ? '' : `:${String(line)}`}: ${what}`);
    this.name = 'ManifestError';
    this.file = file;
    this.line = line;
  }
}

/** An object of a manifest, with the place it was read from. */
export interface ManifestObject<Kind extends string = ObjectKind> {
  readonly kind: Kind;
  readonly object: KubernetesObject;
}

/** Anchors may be repeated this often: a document must not grow to gigabytes by aliases of aliases. */
const mostAliases = 100;

/**
 * The objects of a manifest: YAML with one or several documents, or JSON; `List` objects are taken apart. Kinds that the
 * proxy does not read are left out. Fields that the API server would fill in are filled in.
 *
 * @throws {@link ManifestError} if the text is not YAML or JSON, or a document is not an object with kind and name.
 */
export function parseManifest(file: string, text: string): readonly ManifestObject[] {
  return parseKinds(file, text, objectKinds);
}

/** The same for the objects of other kinds. */
export function parseKinds<Kind extends string>(
  file: string,
  text: string,
  kinds: readonly Kind[],
): readonly ManifestObject<Kind>[] {
  return documentsOf(file, text).flatMap(({ value, line }) => objectsOf(file, value, line, kinds));
}

interface Document {
  readonly value: unknown;
  readonly line: number;
}

function documentsOf(file: string, text: string): readonly Document[] {
  if (file.endsWith('.json')) return [{ value: parseJson(file, text), line: 1 }];
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, version: '1.2', merge: true });
  return [...documents].map((document): Document => {
    const [error] = document.errors;
    if (error !== undefined) {
      throw new ManifestError(file, lines.linePos(error.pos[0]).line, `not YAML: ${firstLine(error.message)}`);
    }
    const line = lines.linePos(document.contents?.range?.[0] ?? 0).line;
    try {
      return { value: document.toJS({ maxAliasCount: mostAliases }), line };
    } catch (cause) {
      throw new ManifestError(file, line, `not usable YAML: ${firstLine(messageOf(cause))}`);
    }
  });
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const line = text.slice(0, soundLength(text)).split('\n').length;
    throw new ManifestError(file, line, `not JSON: ${firstLine(messageOf(cause))}`);
  }
}

/** How much of a text that is not JSON could still become JSON. Of some errors the engine does not say where they are. */
function soundLength(text: string): number {
  let sound = 0;
  let unsound = text.length;
  while (unsound - sound > 1) {
    const middle = (sound + unsound) >> 1;
    if (isUnfinished(text.slice(0, middle))) sound = middle;
    else unsound = middle;
  }
  return sound;
}

/** Whether what is wrong with a text is only that it ends. */
function isUnfinished(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (cause) {
    const position = /position (\d+)/.exec(messageOf(cause))?.[1];
    return (
      messageOf(cause).includes('end of JSON input') || (position !== undefined && Number(position) >= text.length)
    );
  }
}

function objectsOf<Kind extends string>(
  file: string,
  value: unknown,
  line: number,
  kinds: readonly Kind[],
): readonly ManifestObject<Kind>[] {
  if (value === null || value === undefined) return [];
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new ManifestError(file, line, 'a document must be an object with apiVersion, kind and metadata');
  }
  const { kind, items } = value as { readonly kind?: unknown; readonly items?: unknown };
  if (typeof kind !== 'string') throw new ManifestError(file, line, 'kind is missing: say e.g. kind: Service');
  if (Array.isArray(items) && kind.endsWith('List')) {
    // Items of a typed list (ServiceList) need not repeat their kind.
    const itemKind = kind.slice(0, -'List'.length);
    return items.flatMap((item: unknown) => objectsOf(file, withKind(item, itemKind), line, kinds));
  }
  const known = kinds.find((candidate) => candidate === kind);
  if (known === undefined) return [];
  const object = value as KubernetesObject;
  const name: unknown = (object.metadata as { readonly name?: unknown } | null | undefined)?.name;
  if (typeof name !== 'string' || name === '') throw new ManifestError(file, line, `a ${kind} without metadata.name`);
  return [{ kind: known, object: withDefaults({ ...object, kind: known }) }];
}

function withKind(item: unknown, kind: string): unknown {
  if (typeof item !== 'object' || item === null || Array.isArray(item) || kind === '') return item;
  return { kind, ...item };
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').slice(0, 200);
}
