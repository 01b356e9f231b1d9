import { readFileSync, readdirSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import type { NewObject } from './cluster.js';

/** One exchange with a real API server. */
export interface Recording {
  readonly name: string;
  readonly request: { readonly method: string; readonly path: string };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly lines?: readonly { readonly afterSeconds: number; readonly line: string }[];
    readonly closedAfterSeconds?: number;
  };
}

const folder = new URL('../fixtures/apiserver-1.36/', import.meta.url);

/** Every recording, in the order of their names. */
export function recordings(): Recording[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => ({ name: file.replace(/\.json$/, ''), ...(readJson(file) as Omit<Recording, 'name'>) }));
}

export function recording(name: string): Recording {
  return { name, ...(readJson(`${name}.json`) as Omit<Recording, 'name'>) };
}

/** The objects of a recorded list, as they were stored. */
export function objectsOf(list: Recording): NewObject[] {
  const body = JSON.parse(list.response.body ?? '') as { kind: string; apiVersion: string; items: NewObject[] };
  return body.items.map((item) => ({ ...item, kind: body.kind.replace(/List$/, ''), apiVersion: body.apiVersion }));
}

/** Everything that the recorded cluster had. */
export function recordedObjects(): NewObject[] {
  return ['services-list', 'endpointslices-list', 'nodes-list-own', 'servicecidrs-list'].flatMap((name) =>
    objectsOf(recording(name)),
  );
}

/** Objects from manifests: YAML or JSON, one document or several, single objects or lists of them. */
export function objectsFromManifests(text: string): NewObject[] {
  return parseAllDocuments(text).flatMap((document) => {
    if (document.errors.length > 0) throw document.errors[0] as Error;
    const value = document.toJS() as NewObject | null;
    if (value === null) return [];
    const items = value['items'] as readonly NewObject[] | undefined;
    return items === undefined ? [value] : [...items];
  });
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
}
