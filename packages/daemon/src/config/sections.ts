import { algorithmNames, balancingDefaults, hashKeys } from '@nftproxier/core';
import * as z from 'zod';
import { isServerUrl, parseHostPort } from './address.js';
import { duration, field } from './field.js';

const count = z.int().min(0);
const longTime = duration.refine((time) => time >= 0);
/** 500 hours: a timer of Node cannot wait for more than 24 days, and fires at once if told to. */
const longestTimer = 1_800_000_000;
const timer = duration.refine((time) => time > 0 && time <= longestTimer);
const seconds = 'a duration of 0 or more';
const auditTime = duration.refine((time) => time === 0 || (time >= 1_000 && time <= longestTimer));

/** How to reach the API server. */
export const clientConnection = z
  .strictObject({
    kubeconfig: field(z.string().default(''), {
      about: 'File that names the API server and how to authenticate. Empty means the service account of the pod.',
      flag: 'kubeconfig',
      reload: 'restart',
    }),
    acceptContentTypes: field(z.string().default(''), {
      about: 'Content types asked for.',
      tolerated: 'nftproxier always reads JSON, as a stream',
      reload: 'none',
    }),
    contentType: field(z.string().default('application/vnd.kubernetes.protobuf'), {
      about: 'Content type sent.',
      flag: 'kube-api-content-type',
      tolerated: 'nftproxier always writes JSON',
      zeroIsUnset: true,
      reload: 'none',
    }),
    qps: field(z.number().default(5), {
      about: 'Requests a second to the API server over a longer time.',
      flag: 'kube-api-qps',
      tolerated: 'one watch per kind and few Events need no limit, and what fails is tried again ever more slowly',
      zeroIsUnset: true,
      reload: 'none',
    }),
    burst: field(count.default(10), {
      about: 'Requests that may be sent at once before `qps` applies.',
      rule: 'a whole number of 0 or more',
      flag: 'kube-api-burst',
      tolerated: 'there is no limit to exceed',
      zeroIsUnset: true,
      reload: 'none',
    }),
  })
  .prefault({});

/** What is logged and how. */
export const logging = z
  .strictObject({
    format: field(z.enum(['text', 'json']).default('text'), {
      about: 'Form of the log lines: `text` for people, `json` for machines.',
      rule: 'text or json',
      flag: 'logging-format',
      precedence: 'always',
      zeroIsUnset: true,
      reload: 'restart',
    }),
    flushFrequency: field(z.union([z.number(), z.string()]).default('5s'), {
      about: 'How long a log line may be held back.',
      rule: 'a duration, or a whole number of nanoseconds',
      flag: 'log-flush-frequency',
      precedence: 'always',
      tolerated: 'log lines are never held back',
      reload: 'none',
    }),
    verbosity: field(count.default(0), {
      about: 'How much is logged: 0-3 what happens, 4-5 also why (debug), 6 and more every step (trace).',
      rule: 'a whole number of 0 or more',
      flag: 'v',
      precedence: 'always',
      reload: 'live',
    }),
    vmodule: field(z.array(z.unknown()).default([]), {
      about: 'Verbosity for single source files.',
      flag: 'vmodule',
      precedence: 'always',
      tolerated: 'its patterns name source files of kube-proxy',
      reload: 'none',
    }),
    options: field(z.record(z.string(), z.unknown()).default({}), {
      about: 'Buffering of the log formats.',
      tolerated: 'log lines are not buffered and go to one stream',
      reload: 'none',
    }),
  })
  .prefault({});

/** The mode nftproxier has. */
export const nftables = z
  .strictObject({
    masqueradeBit: field(z.int().min(0).max(31).default(14), {
      about: 'Bit of the packet mark that says "rewrite the source address". Bit 14 is mark 0x4000.',
      rule: 'a whole number from 0 to 31',
      reload: 'restart',
    }),
    masqueradeAll: field(z.boolean().default(false), {
      about: 'Rewrite the source address of all traffic to cluster IPs, also from pods.',
      flag: 'masquerade-all',
      reload: 'restart',
    }),
    syncPeriod: field(timer.default(30_000), {
      about:
        'Longest wait before a failed sync is tried again, where it is less than 4 s. Unsynced changes older than twice this are unhealthy.',
      rule: 'a duration greater than 0 and at most 500h',
      flag: 'iptables-sync-period',
      zeroIsUnset: true,
      reload: 'live',
    }),
    minSyncPeriod: field(longTime.default(1_000), {
      about: 'Shortest pause between two syncs; changes that arrive meanwhile are taken together.',
      rule: 'a duration of 0 or more, and not greater than nftables.syncPeriod',
      flag: 'iptables-min-sync-period',
      zeroIsUnset: true,
      reload: 'live',
    }),
  })
  .prefault({});

/** How traffic from local pods is told apart, beyond the mode itself. */
export const detectLocal = z
  .strictObject({
    bridgeInterface: field(z.string().default(''), {
      about: 'Interface that local pods send from, for mode BridgeInterface.',
      rule: 'the name of an interface (1-15 characters, no spaces or slashes) when detectLocalMode is BridgeInterface',
      flag: 'pod-bridge-interface',
      reload: 'restart',
    }),
    interfaceNamePrefix: field(z.string().default(''), {
      about: 'Start of the names of the interfaces that local pods send from, for mode InterfaceNamePrefix.',
      rule: 'the start of an interface name (1-15 characters, no spaces or slashes) when detectLocalMode is InterfaceNamePrefix',
      flag: 'pod-interface-name-prefix',
      reload: 'restart',
    }),
  })
  .prefault({});

/** Limits and timeouts of the kernel's connection table. */
export const conntrack = z
  .strictObject({
    maxPerCore: field(count.default(32_768), {
      about:
        'Connections tracked per CPU; 0 leaves the limit of the kernel (and `min`) alone. At most 1048576 in total.',
      rule: 'a whole number of 0 or more',
      flag: 'conntrack-max-per-core',
      reload: 'live',
    }),
    min: field(count.default(131_072), {
      about: 'Connections tracked at least, however few CPUs there are.',
      rule: 'a whole number of 0 or more',
      flag: 'conntrack-min',
      reload: 'live',
    }),
    tcpEstablishedTimeout: field(longTime.default(86_400_000), {
      about: 'How long an idle established TCP connection is kept; 0 leaves the setting of the kernel.',
      rule: seconds,
      flag: 'conntrack-tcp-timeout-established',
      reload: 'live',
    }),
    tcpCloseWaitTimeout: field(longTime.default(3_600_000), {
      about: 'How long a half-closed TCP connection is kept; 0 leaves the setting of the kernel.',
      rule: seconds,
      flag: 'conntrack-tcp-timeout-close-wait',
      reload: 'live',
    }),
    tcpBeLiberal: field(z.boolean().default(false), {
      about: 'Do not treat TCP packets outside the window as invalid. Never switched off again, as in kube-proxy.',
      flag: 'conntrack-tcp-be-liberal',
      reload: 'live',
    }),
    udpTimeout: field(longTime.default(0), {
      about: 'How long an unanswered UDP flow is kept; 0 leaves the setting of the kernel.',
      rule: seconds,
      flag: 'conntrack-udp-timeout',
      reload: 'live',
    }),
    udpStreamTimeout: field(longTime.default(0), {
      about: 'How long an answered UDP flow is kept; 0 leaves the setting of the kernel.',
      rule: seconds,
      flag: 'conntrack-udp-timeout-stream',
      reload: 'live',
    }),
  })
  .prefault({});

/** What only nftproxier has. kube-proxy ignores the section with a warning, so one file serves both. */
export const nftproxier = z
  .strictObject({
    manifests: field(z.string().default(''), {
      about: 'Directory of YAML or JSON manifests (Services, EndpointSlices, Nodes) to serve instead of an API server.',
      flag: 'manifests',
      precedence: 'always',
      reload: 'restart',
    }),
    apiServer: field(
      z
        .string()
        .refine((url) => url === '' || isServerUrl(url))
        .default(''),
      {
        about:
          'URL of the API server, instead of the one in the kubeconfig or the pod. Inside a cluster name one that is reachable without a proxy: the default is a cluster IP that nftproxier itself implements.',
        rule: 'a URL that starts with https:// or http://, without a query',
        flag: 'master',
        precedence: 'always',
        reload: 'restart',
      },
    ),
    debugBindAddress: field(
      z
        .string()
        .refine((text) => text === '' || parseHostPort(text) !== undefined)
        .default('127.0.0.1:10246'),
      {
        about: 'Where the status page is, and what `nftproxier status` asks. Empty switches it off.',
        rule: 'an IP address and a port from 1 to 65535, such as 127.0.0.1:10246 or [::1]:10246, or empty',
        flag: 'debug-bind-address',
        reload: 'restart',
      },
    ),
    auditPeriod: field(auditTime.default(60_000), {
      about:
        'Longest time until the kernel is compared again with what it should hold, and put right; 0 switches that off, but not the comparison of what others are heard to change. Audits that take long are further apart: they get a tenth of the time.',
      rule: 'a duration of 0, or of 1s to 500h',
      flag: 'audit-period',
      precedence: 'always',
      reload: 'live',
    }),
    skipKernelVersionCheck: field(z.boolean().default(false), {
      about:
        'Start on kernels older than 5.13. The environment variable KUBE_PROXY_NFTABLES_SKIP_KERNEL_VERSION_CHECK does the same.',
      flag: 'skip-kernel-version-check',
      precedence: 'always',
      reload: 'restart',
    }),
    conntrackCleanup: field(z.boolean().default(true), {
      about: 'Forget UDP flows that lead to endpoints that are gone.',
      flag: 'conntrack-cleanup',
      precedence: 'always',
      reload: 'live',
    }),
    algorithm: field(z.enum(algorithmNames).default(balancingDefaults.algorithm), {
      about:
        'How an endpoint is chosen for a new connection, for Services without the annotation `nftproxier.io/algorithm`. The same on all nodes.',
      rule: algorithmNames.join(', '),
      flag: 'algorithm',
      precedence: 'always',
      reload: 'restart',
    }),
    hashKey: field(z.enum(hashKeys).default(balancingDefaults.hashKey), {
      about:
        'What source-hash and maglev hash, for Services without the annotation `nftproxier.io/hash-key`: the address of the client, or its address and port.',
      rule: hashKeys.join(', '),
      flag: 'hash-key',
      precedence: 'always',
      reload: 'restart',
    }),
    hashSeed: field(z.int().min(0).max(0xffff_ffff).default(balancingDefaults.hashSeed), {
      about:
        'Goes into every hash. The same on all nodes; a number of its own for each cluster keeps clients from choosing their endpoint.',
      rule: 'a whole number from 0 to 4294967295',
      flag: 'hash-seed',
      precedence: 'always',
      reload: 'restart',
    }),
    counters: field(z.enum(['off', 'services', 'endpoints']).default('off'), {
      about: 'Whether new connections are counted: for each Service, or for each endpoint as well.',
      rule: 'off, services or endpoints',
      flag: 'counters',
      precedence: 'always',
      reload: 'restart',
    }),
    countersPeriod: field(timer.default(30_000), {
      about: 'How long it takes to read all counters once, a part of them at a time.',
      rule: 'a duration greater than 0 and at most 500h',
      flag: 'counters-period',
      precedence: 'always',
      reload: 'restart',
    }),
    countersInMetrics: field(count.default(100), {
      about: 'Services, and endpoints, with a series of their own in the metrics of new connections; others share one.',
      rule: 'a whole number of 0 or more',
      flag: 'counters-in-metrics',
      precedence: 'always',
      reload: 'restart',
    }),
    takeover: field(z.boolean().default(true), {
      about:
        'Remove what kube-proxy left on the node, once our own rules are live and while kube-proxy does not run. Switch it off where kube-proxy is to go on serving some Services.',
      flag: 'takeover',
      precedence: 'always',
      reload: 'restart',
    }),
  })
  .prefault({});
