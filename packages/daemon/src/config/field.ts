import * as z from 'zod';
import { formatDuration, type Milliseconds, parseDuration } from './duration.js';

/** What the reference pages, the flags and the comparison of two configurations know about one field. */
export interface FieldDoc {
  /** What the field does, as one or two sentences. */
  readonly about: string;
  /** What a valid value is, fit to follow "it must be". */
  readonly rule?: string;
  /** The flag that sets it, without dashes. */
  readonly flag?: string;
  /** `always`: the flag counts beside a file too. Other flags are ignored when there is a file, as in kube-proxy. */
  readonly precedence?: 'always';
  /** Why nftproxier accepts the field and does nothing with it. Absent for fields that are used. */
  readonly tolerated?: string;
  /** Whether a change takes effect in the running process (`live`) or needs a new one. Tolerated fields need neither. */
  readonly reload: 'live' | 'restart' | 'none';
  /** Kubernetes reads the zero value (empty, 0, 0s) of this field in a file as "not set". */
  readonly zeroIsUnset?: true;
}

/** The documentation of each field of the schema. */
const fieldDocs = z.registry<FieldDoc>();

/** Attaches its documentation to a field; every leaf of the schema goes through here. */
export const field = <Schema extends z.ZodType>(schema: Schema, doc: FieldDoc): Schema => {
  fieldDocs.add(schema, doc);
  return schema;
};

/** A `metav1.Duration`: text in the file, milliseconds in the program. */
export const duration = z.codec(z.string(), z.number(), {
  decode: (text, context): Milliseconds => {
    const parsed = parseDuration(text);
    if (parsed !== undefined) return parsed;
    context.issues.push({ code: 'custom', message: 'a duration such as 30s, 1m0s or 250ms', input: text });
    return z.NEVER;
  },
  encode: formatDuration,
});

/** What kind of value a field holds, for flags and reference pages. */
export type ValueKind = 'string' | 'integer' | 'number' | 'boolean' | 'duration' | 'list' | 'map';

/** One field of the schema. */
export interface Field {
  readonly path: readonly string[];
  /** The path joined by dots, as messages and pages name it. */
  readonly name: string;
  readonly kind: ValueKind;
  /** The default in the form of the file. */
  readonly fallback: unknown;
  readonly doc: FieldDoc;
}

const kindOf = (schema: z.ZodType): ValueKind => {
  if (schema === duration || schema instanceof z.ZodCodec) return 'duration';
  if (schema instanceof z.ZodBoolean) return 'boolean';
  if (schema instanceof z.ZodNumber) return schema.format === 'safeint' ? 'integer' : 'number';
  if (schema instanceof z.ZodArray) return 'list';
  if (schema instanceof z.ZodRecord) return 'map';
  return 'string';
};

/** All fields below an object schema, in the order they are declared. */
export const fieldsOf = (schema: z.ZodType, path: readonly string[] = []): readonly Field[] => {
  const doc = fieldDocs.get(schema);
  if (doc !== undefined) {
    const inner = schema instanceof z.ZodDefault ? (schema.def.innerType as z.ZodType) : schema;
    const fallback = schema instanceof z.ZodDefault ? z.encode(schema, schema.def.defaultValue) : undefined;
    return [{ path, name: path.join('.'), kind: kindOf(inner), fallback, doc }];
  }
  const inner = schema instanceof z.ZodPrefault ? (schema.def.innerType as z.ZodType) : schema;
  if (!(inner instanceof z.ZodObject))
    throw new TypeError(`Field ${path.join('.')} of the schema has no documentation.`);
  return Object.entries(inner.shape as Record<string, z.ZodType>).flatMap(([key, child]) =>
    fieldsOf(child, [...path, key]),
  );
};
