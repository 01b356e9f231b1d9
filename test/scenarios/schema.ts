import { z } from 'zod';

/** A shape that names whatever it does not know, so that a misspelt key cannot make a scenario prove nothing. */
const strict = z.strictObject;
const text = z.string().min(1);
const oneOrMore = z.union([text.transform((one) => [one]), z.array(text).min(1)]);

const object = z.looseObject({
  apiVersion: text,
  kind: text,
  metadata: z.looseObject({
    name: text,
    namespace: text.optional(),
    labels: z.record(z.string(), z.string()).optional(),
  }),
});

const node = strict({
  families: z.array(z.enum(['IPv4', 'IPv6'])).min(1),
  zone: z.string(),
  detectLocalMode: z.enum(['ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix', 'None']),
  clusterCIDRs: z.array(text),
  podCIDRs: z.array(text),
  bridgeInterface: text,
  interfaceNamePrefix: text,
  masqueradeAll: z.boolean(),
  nodePortAddresses: z.array(text),
  serviceCIDRs: z.array(text),
  allowExternalIPs: z.boolean(),
  extraAddresses: z.array(text),
}).partial();

/**
 * A Service and its endpoints in short. `ports` and `endpoints` may be text (see shorthand.ts); `ingress` is the status;
 * every other key is one of `Service.spec`.
 */
const service = z.looseObject({
  name: text,
  namespace: text.default('default'),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  /** RFC 3339; Services without it are equally old. */
  created: text.optional(),
  ports: z.array(z.union([text, z.looseObject({ port: z.number() })])),
  ingress: z.array(z.union([text, z.looseObject({})])).optional(),
  endpoints: z.array(text).optional(),
});

const packet = strict({
  from: oneOrMore,
  to: oneOrMore,
  by: z.array(text).min(1).optional(),
  expect: z.enum(['rejected', 'dropped', 'untouched']).optional(),
  shares: z.array(z.number().positive()).min(2).optional(),
  source: z.enum(['kept', 'node']).optional(),
  same: z.union([z.literal(true), text]).optional(),
  flow: text.optional(),
  retryEvery: z.number().positive().max(10).optional(),
})
  .refine((one) => (one.by === undefined) !== (one.expect === undefined), 'needs either `by` or `expect`')
  .refine(
    (one) => one.shares === undefined || one.shares.length === one.by?.length,
    '`shares` has one for each of `by`',
  )
  .refine((one) => one.shares === undefined || one.same === undefined, '`shares` does not go with `same`')
  .refine((one) => one.by !== undefined || one.source === undefined, '`source` goes with `by`')
  .refine((one) => one.by !== undefined || one.same === undefined, '`same` goes with `by`');

const change = {
  node: node.optional(),
  services: z.array(service).optional(),
  objects: z.array(object).optional(),
  packets: z.array(packet).min(1),
};

const step = strict({
  ...change,
  title: text.optional(),
  /** Other endpoints for Services given in short, by name (or namespace/name). */
  endpoints: z.record(z.string(), z.array(text)).optional(),
  /** `Kind name` or `Kind namespace/name`; a Service goes with the slices that were written for it in short. */
  delete: z.array(text).optional(),
  restart: z.literal(true).optional(),
  wait: z.number().positive().max(5).optional(),
});

/** The shape of a scenario file. */
export const scenarioSchema = strict({
  title: text,
  covers: z.array(text).min(1),
  /** Which run it is not for, and why. */
  skip: strict({ tracer: text.optional(), kernel: text.optional() }).optional(),
  /** An nft script of someone else on this node. */
  neighbours: text.optional(),
  ...change,
  packets: z.array(packet).min(1).optional(),
  steps: z.array(step).min(1).optional(),
})
  .refine((one) => one.packets !== undefined || one.steps !== undefined, 'needs `packets` or `steps`')
  .refine((one) => one.neighbours === undefined || one.skip?.tracer !== undefined, '`neighbours` needs `skip.tracer`');

/** What a scenario file may say, as it is written. */
export type ScenarioSource = z.output<typeof scenarioSchema>;
export type ServiceSource = z.output<typeof service>;
export type PacketSource = z.output<typeof packet>;
export type StepSource = z.output<typeof step>;
export type NodeSource = z.output<typeof node>;
