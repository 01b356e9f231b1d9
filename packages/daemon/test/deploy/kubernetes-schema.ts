import * as models from '@kubernetes/client-node';

interface Attribute {
  readonly baseName: string;
  readonly type: string;
}

interface Model {
  getAttributeTypeMap(): readonly Attribute[];
}

const modelNamed = (name: string): Model | undefined => {
  const found = (models as unknown as Readonly<Record<string, unknown>>)[name];
  return typeof found === 'function' && 'getAttributeTypeMap' in found ? (found as unknown as Model) : undefined;
};

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const scalars: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  IntOrString: (value) => typeof value === 'string' || Number.isInteger(value),
  Date: (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
  any: () => true,
};

const check = (value: unknown, type: string, path: string): readonly string[] => {
  const [, item] = /^(?:Array|Set)<(.*)>$/u.exec(type) ?? [];
  if (item !== undefined)
    return Array.isArray(value)
      ? value.flatMap((inner, index) => check(inner, item, `${path}[${String(index)}]`))
      : [`${path}: not a list`];
  const [, entry] = /^\{ \[key: string\]: (.*); \}$/u.exec(type) ?? [];
  if (entry !== undefined)
    return isMapping(value)
      ? Object.entries(value).flatMap(([key, inner]) => check(inner, entry, `${path}.${key}`))
      : [`${path}: not a mapping`];
  const scalar = scalars[type];
  if (scalar !== undefined) return scalar(value) ? [] : [`${path}: not a ${type}`];
  const model = modelNamed(type);
  if (model === undefined) return [`${path}: no schema for ${type}`];
  if (!isMapping(value)) return [`${path}: not a mapping`];
  const attributes = new Map(model.getAttributeTypeMap().map((attribute) => [attribute.baseName, attribute.type]));
  return Object.entries(value).flatMap(([key, inner]) => {
    const attribute = attributes.get(key);
    // A directive of a strategic merge patch.
    if (key === '$patch') return [];
    return attribute === undefined ? [`${path}.${key}: no such field`] : check(inner, attribute, `${path}.${key}`);
  });
};

/**
 * Checks an object against the types that the Kubernetes client generates from the API: every field exists and has a
 * value of its type. Returns what is wrong.
 */
export const schemaErrors = (object: unknown): readonly string[] => {
  if (!isMapping(object)) return ['not a mapping'];
  const { apiVersion, kind } = object;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return ['no apiVersion or kind'];
  const version = apiVersion.slice(apiVersion.lastIndexOf('/') + 1);
  return check(object, `${version[0]?.toUpperCase() ?? ''}${version.slice(1)}${kind}`, kind);
};
