import { parseAddress } from '@nftproxier/core';
import * as z from 'zod';
import { cidrFamily, isAddress, parseHostPort } from './address.js';
import { duration, field, fieldsOf } from './field.js';
import * as otherModes from './other-modes.js';
import * as sections from './sections.js';

/** `apiVersion` of the file. */
export const apiVersion = 'kubeproxy.config.k8s.io/v1alpha1';

/** `kind` of the file. */
export const kind = 'KubeProxyConfiguration';

const listenRule = 'an IP address and a port from 1 to 65535, such as 0.0.0.0:10256 or [::]:10256';

const areNodePortAddresses = (values: readonly string[]): boolean =>
  (values.length === 1 && values[0] === 'primary') || values.every((value) => cidrFamily(value) !== undefined);

/**
 * `KubeProxyConfiguration` v1alpha1, and the section `nftproxier` of our own. Parsing gives the program's form
 * (durations in milliseconds), `z.encode` gives the file's form back. What depends on other fields (defaults that
 * follow `bindAddress`, rules that hold in one mode only) is in `complete.ts` and `validate.ts`.
 */
export const schema = z.strictObject({
  apiVersion: field(z.literal(apiVersion), {
    about: 'Version of the format.',
    rule: apiVersion,
    reload: 'none',
  }),
  kind: field(z.literal(kind), { about: 'Name of the format.', rule: kind, reload: 'none' }),
  mode: field(z.enum(['', 'iptables', 'ipvs', 'nftables']).default('nftables'), {
    about: 'Proxy mode. nftproxier always uses nftables; other modes are accepted with a warning.',
    rule: 'nftables, iptables, ipvs or blank',
    flag: 'proxy-mode',
    reload: 'none',
  }),
  hostnameOverride: field(
    z
      .string()
      .refine((name) => name === '' || name.trim() !== '')
      .trim()
      .toLowerCase()
      .default(''),
    {
      about: 'Name of this Node, instead of the host name. Trimmed and lower-cased.',
      rule: 'more than blanks',
      flag: 'hostname-override',
      precedence: 'always',
      reload: 'restart',
    },
  ),
  bindAddress: field(
    z
      .string()
      .refine(isAddress)
      .overwrite((text) => parseAddress(text) ?? text)
      .default('0.0.0.0'),
    {
      about:
        'A concrete address is taken as the address of this node. Its family decides what the health and metrics servers listen on by default.',
      rule: 'an IP address',
      flag: 'bind-address',
      zeroIsUnset: true,
      reload: 'restart',
    },
  ),
  healthzBindAddress: field(
    z
      .string()
      .refine((text) => text === '' || parseHostPort(text) !== undefined)
      .default('0.0.0.0:10256'),
    {
      about:
        'Where the health server listens; `[::]:10256` by default if bindAddress is IPv6. The port may be left out. Only an empty flag switches it off: in a file empty means the default, as in kube-proxy.',
      rule: listenRule,
      flag: 'healthz-bind-address',
      zeroIsUnset: true,
      reload: 'restart',
    },
  ),
  metricsBindAddress: field(
    z
      .string()
      .refine((text) => parseHostPort(text) !== undefined)
      .default('127.0.0.1:10249'),
    {
      about:
        'Where the metrics server listens; `[::1]:10249` by default if bindAddress is IPv6. The port may be left out.',
      rule: listenRule,
      flag: 'metrics-bind-address',
      zeroIsUnset: true,
      reload: 'restart',
    },
  ),
  bindAddressHardFail: field(z.boolean().default(false), {
    about: 'Exit if a health or metrics address is taken, instead of trying again every 5 seconds.',
    flag: 'bind-address-hard-fail',
    reload: 'restart',
  }),
  enableProfiling: field(z.boolean().default(false), {
    about: 'Serve `/debug/pprof/` and `/debug/flags` on the metrics address.',
    flag: 'profiling',
    reload: 'restart',
  }),
  clusterCIDR: field(z.string().default(''), {
    about: 'Addresses of the pods: one CIDR, or one of each family separated by a comma. Used by mode ClusterCIDR.',
    rule: 'one CIDR, or an IPv4 and an IPv6 CIDR separated by a comma',
    flag: 'cluster-cidr',
    reload: 'restart',
  }),
  detectLocalMode: field(
    z.enum(['', 'ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix']).default('ClusterCIDR'),
    {
      about: 'How traffic that comes from a pod of this node is told apart from other traffic.',
      rule: 'ClusterCIDR, NodeCIDR, BridgeInterface, InterfaceNamePrefix or blank',
      flag: 'detect-local-mode',
      zeroIsUnset: true,
      reload: 'restart',
    },
  ),
  detectLocal: sections.detectLocal,
  nodePortAddresses: field(z.array(z.string()).refine(areNodePortAddresses).default(['primary']), {
    about:
      'Addresses of this node that serve NodePorts: CIDRs, or `primary` for the addresses of the Node object. A zero CIDR (0.0.0.0/0, ::/0) means all addresses of its family except loopback.',
    rule: 'CIDRs, or the single item primary',
    flag: 'nodeport-addresses',
    reload: 'restart',
  }),
  nftables: sections.nftables,
  conntrack: sections.conntrack,
  oomScoreAdj: field(z.int().min(-1000).max(1000).default(-999), {
    about: 'How readily the kernel kills this process when memory runs out; -1000 is never.',
    rule: 'a whole number from -1000 to 1000',
    flag: 'oom-score-adj',
    reload: 'live',
  }),
  configSyncPeriod: field(duration.refine((time) => time > 0).default(900_000), {
    about: 'How often kube-proxy hands unchanged objects to itself again.',
    rule: 'a duration greater than 0',
    flag: 'config-sync-period',
    tolerated: 'unchanged objects need no second look here',
    zeroIsUnset: true,
    reload: 'none',
  }),
  featureGates: field(z.record(z.string(), z.boolean()).default({}), {
    about: 'Features switched on or off by name.',
    rule: 'names of feature gates, each with true or false',
    flag: 'feature-gates',
    reload: 'restart',
  }),
  clientConnection: sections.clientConnection,
  logging: sections.logging,
  showHiddenMetricsForVersion: field(z.string().default(''), {
    about: 'Show metrics that a release has hidden.',
    flag: 'show-hidden-metrics-for-version',
    tolerated: 'no metric is hidden',
    reload: 'none',
  }),
  iptables: otherModes.iptables,
  ipvs: otherModes.ipvs,
  winkernel: otherModes.winkernel,
  portRange: field(z.string().default(''), {
    about: 'Ports for a mode that no longer exists.',
    tolerated: 'no mode uses it any more',
    reload: 'none',
  }),
  windowsRunAsService: field(z.boolean().default(false), {
    about: 'Run as a Windows service.',
    tolerated: 'it concerns Windows nodes',
    reload: 'none',
  }),
  nftproxier: sections.nftproxier,
});

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

/**
 * The effective configuration, under the names of `KubeProxyConfiguration` v1alpha1: every field has a value, durations
 * are milliseconds, `mode` is `nftables`. Frozen.
 */
export type Configuration = DeepReadonly<z.output<typeof schema>>;

/** Every field of the file, in order. */
export const fields = fieldsOf(schema);
