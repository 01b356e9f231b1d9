import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { defineFlags, fields, flags, flagHelp, parseFlags } from '../../src/config/index.js';
import { valueAt } from '../../src/config/raw.js';
import { load, loadFlags, problemsOf, valid } from './file.js';

interface Row {
  readonly flag: string;
  readonly field: string;
  readonly given: string;
  readonly becomes: unknown;
  readonly invalid?: readonly string[];
  /** Whether it still counts beside a file. */
  readonly beside?: true;
}

const count = ['-1', '1.5', 'ten', ''];
const time = ['10', 'soon', ''];
const flag = ['maybe', 'TrUe'];

const rows: readonly Row[] = [
  { flag: 'proxy-mode', field: 'mode', given: 'iptables', becomes: 'nftables', invalid: ['userspace'] },
  {
    flag: 'hostname-override',
    field: 'hostnameOverride',
    given: 'Node-A',
    becomes: 'node-a',
    invalid: [' '],
    beside: true,
  },
  { flag: 'bind-address', field: 'bindAddress', given: '::', becomes: '::', invalid: ['a', '10.0.0'] },
  { flag: 'healthz-bind-address', field: 'healthzBindAddress', given: '', becomes: '', invalid: ['a:1', '1.2.3.4:0'] },
  {
    flag: 'metrics-bind-address',
    field: 'metricsBindAddress',
    given: '10.0.0.1',
    becomes: '10.0.0.1:10249',
    invalid: [''],
  },
  { flag: 'bind-address-hard-fail', field: 'bindAddressHardFail', given: 'true', becomes: true, invalid: flag },
  { flag: 'profiling', field: 'enableProfiling', given: 'T', becomes: true, invalid: flag },
  { flag: 'cluster-cidr', field: 'clusterCIDR', given: '10.0.0.0/8', becomes: '10.0.0.0/8', invalid: ['10.0.0.0'] },
  {
    flag: 'detect-local-mode',
    field: 'detectLocalMode',
    given: 'NodeCIDR',
    becomes: 'NodeCIDR',
    invalid: ['nodecidr'],
  },
  { flag: 'pod-bridge-interface', field: 'detectLocal.bridgeInterface', given: 'cni0', becomes: 'cni0' },
  { flag: 'pod-interface-name-prefix', field: 'detectLocal.interfaceNamePrefix', given: 'veth', becomes: 'veth' },
  {
    flag: 'nodeport-addresses',
    field: 'nodePortAddresses',
    given: '10.0.0.0/8, fd00::/8',
    becomes: ['10.0.0.0/8', 'fd00::/8'],
    invalid: ['primary,10.0.0.0/8', '10.0.0.1'],
  },
  { flag: 'masquerade-all', field: 'nftables.masqueradeAll', given: '1', becomes: true, invalid: flag },
  {
    flag: 'iptables-sync-period',
    field: 'nftables.syncPeriod',
    given: '1m',
    becomes: 60_000,
    invalid: ['0s', ...time],
  },
  {
    flag: 'iptables-min-sync-period',
    field: 'nftables.minSyncPeriod',
    given: '0s',
    becomes: 0,
    invalid: ['-1s', ...time],
  },
  {
    flag: 'iptables-masquerade-bit',
    field: 'nftables.masqueradeBit',
    given: '15',
    becomes: 15,
    invalid: ['32', ...count],
  },
  {
    flag: 'iptables-localhost-nodeports',
    field: 'iptables.localhostNodePorts',
    given: 'false',
    becomes: false,
    invalid: flag,
  },
  { flag: 'ipvs-sync-period', field: 'ipvs.syncPeriod', given: '1m', becomes: 60_000, invalid: time },
  { flag: 'ipvs-min-sync-period', field: 'ipvs.minSyncPeriod', given: '1m', becomes: 60_000, invalid: time },
  { flag: 'ipvs-scheduler', field: 'ipvs.scheduler', given: 'rr', becomes: 'rr' },
  { flag: 'ipvs-exclude-cidrs', field: 'ipvs.excludeCIDRs', given: '10.0.0.0/8', becomes: ['10.0.0.0/8'] },
  { flag: 'ipvs-strict-arp', field: 'ipvs.strictARP', given: 'true', becomes: true, invalid: flag },
  { flag: 'ipvs-tcp-timeout', field: 'ipvs.tcpTimeout', given: '1s', becomes: 1_000, invalid: time },
  { flag: 'ipvs-tcpfin-timeout', field: 'ipvs.tcpFinTimeout', given: '1s', becomes: 1_000, invalid: time },
  { flag: 'ipvs-udp-timeout', field: 'ipvs.udpTimeout', given: '1s', becomes: 1_000, invalid: time },
  { flag: 'conntrack-max-per-core', field: 'conntrack.maxPerCore', given: '0', becomes: 0, invalid: count },
  { flag: 'conntrack-min', field: 'conntrack.min', given: '7', becomes: 7, invalid: count },
  {
    flag: 'conntrack-tcp-timeout-established',
    field: 'conntrack.tcpEstablishedTimeout',
    given: '0s',
    becomes: 0,
    invalid: ['-1s', ...time],
  },
  {
    flag: 'conntrack-tcp-timeout-close-wait',
    field: 'conntrack.tcpCloseWaitTimeout',
    given: '1m',
    becomes: 60_000,
    invalid: ['-1s', ...time],
  },
  { flag: 'conntrack-tcp-be-liberal', field: 'conntrack.tcpBeLiberal', given: 'true', becomes: true, invalid: flag },
  {
    flag: 'conntrack-udp-timeout',
    field: 'conntrack.udpTimeout',
    given: '1s',
    becomes: 1_000,
    invalid: ['-1s', ...time],
  },
  {
    flag: 'conntrack-udp-timeout-stream',
    field: 'conntrack.udpStreamTimeout',
    given: '1s',
    becomes: 1_000,
    invalid: ['-1s', ...time],
  },
  { flag: 'oom-score-adj', field: 'oomScoreAdj', given: '-1000', becomes: -1000, invalid: ['-1001', 'low'] },
  { flag: 'config-sync-period', field: 'configSyncPeriod', given: '1m', becomes: 60_000, invalid: ['0s', ...time] },
  {
    flag: 'feature-gates',
    field: 'featureGates',
    given: 'AllowServiceExternalIPs=false, ComponentFlagz=true',
    becomes: { AllowServiceExternalIPs: false, ComponentFlagz: true },
    invalid: ['AllowServiceExternalIPs', 'A=maybe'],
  },
  { flag: 'kubeconfig', field: 'clientConnection.kubeconfig', given: '/k', becomes: '/k' },
  {
    flag: 'kube-api-content-type',
    field: 'clientConnection.contentType',
    given: 'application/json',
    becomes: 'application/json',
  },
  { flag: 'kube-api-qps', field: 'clientConnection.qps', given: '2.5', becomes: 2.5, invalid: ['many', '', ' '] },
  { flag: 'kube-api-burst', field: 'clientConnection.burst', given: '7', becomes: 7, invalid: count },
  { flag: 'logging-format', field: 'logging.format', given: 'json', becomes: 'json', invalid: ['xml'], beside: true },
  {
    flag: 'log-flush-frequency',
    field: 'logging.flushFrequency',
    given: '1s',
    becomes: '1s',
    invalid: time,
    beside: true,
  },
  { flag: 'v', field: 'logging.verbosity', given: '4', becomes: 4, invalid: count, beside: true },
  { flag: 'show-hidden-metrics-for-version', field: 'showHiddenMetricsForVersion', given: '1.35', becomes: '1.35' },
  { flag: 'manifests', field: 'nftproxier.manifests', given: '/m', becomes: '/m', beside: true },
  {
    flag: 'master',
    field: 'nftproxier.apiServer',
    given: 'https://a:1',
    becomes: 'https://a:1',
    invalid: ['a:1'],
    beside: true,
  },
  {
    flag: 'debug-bind-address',
    field: 'nftproxier.debugBindAddress',
    given: '',
    becomes: '',
    invalid: ['127.0.0.1', 'a:1'],
  },
  {
    flag: 'audit-period',
    field: 'nftproxier.auditPeriod',
    given: '5m',
    becomes: 300_000,
    invalid: ['-1s', '999ms', ...time],
    beside: true,
  },
  {
    flag: 'skip-kernel-version-check',
    field: 'nftproxier.skipKernelVersionCheck',
    given: 'true',
    becomes: true,
    invalid: flag,
    beside: true,
  },
  {
    flag: 'conntrack-cleanup',
    field: 'nftproxier.conntrackCleanup',
    given: 'false',
    becomes: false,
    invalid: flag,
    beside: true,
  },
  { flag: 'takeover', field: 'nftproxier.takeover', given: 'false', becomes: false, invalid: flag, beside: true },
  {
    flag: 'algorithm',
    field: 'nftproxier.algorithm',
    given: 'maglev',
    becomes: 'maglev',
    invalid: ['x'],
    beside: true,
  },
  {
    flag: 'hash-key',
    field: 'nftproxier.hashKey',
    given: 'client-and-port',
    becomes: 'client-and-port',
    invalid: ['x'],
    beside: true,
  },
  { flag: 'hash-seed', field: 'nftproxier.hashSeed', given: '7', becomes: 7, invalid: ['-1', 'x'], beside: true },
  {
    flag: 'counters',
    field: 'nftproxier.counters',
    given: 'services',
    becomes: 'services',
    invalid: ['on'],
    beside: true,
  },
  {
    flag: 'counters-period',
    field: 'nftproxier.countersPeriod',
    given: '1m',
    becomes: 60_000,
    invalid: ['0s', ...time],
    beside: true,
  },
  {
    flag: 'counters-in-metrics',
    field: 'nftproxier.countersInMetrics',
    given: '5',
    becomes: 5,
    invalid: ['-1', 'x'],
    beside: true,
  },
];

test('every flag that sets a field has a row', () => {
  expect(rows.map((row) => row.flag).toSorted()).toEqual(
    flags.flatMap(({ name, path }) => (path === undefined ? [] : [name])).toSorted(),
  );
});

describe.each(rows)('--$flag', (row) => {
  const path = row.field.split('.');
  const fallback = valueAt(valid(loadFlags()), path);

  test.each([
    ['after an equals sign', [`--${row.flag}=${row.given}`]],
    ['with underscores', [`--${row.flag.replaceAll('-', '_')}=${row.given}`]],
  ])('sets its field, %s', (_, argv) => {
    expect(valueAt(valid(loadFlags(...argv)), path)).toEqual(row.becomes);
    expect(row.becomes).not.toEqual(row.flag === 'proxy-mode' ? undefined : fallback);
  });

  test('beside a file it counts only if it says so, and is named if it does not', () => {
    const loaded = load({}, [`--${row.flag}=${row.given}`]);
    expect(valueAt(valid(loaded), path)).toEqual(row.beside ? row.becomes : fallback);
    const ignored = loaded.warnings.filter(({ message }) => message.startsWith('Ignored: with --config'));
    expect(ignored.map(({ field }) => field)).toEqual(row.beside ? [] : [`--${row.flag}`]);
  });

  test.each((row.invalid ?? []).map((value) => [value]))('refuses %j and says why', (value) => {
    const problems = problemsOf(loadFlags(`--${row.flag}=${value}`));
    expect(problems.map(({ field }) => field)).toEqual([`--${row.flag}`]);
    expect(problems[0]?.rule).not.toBe('');
    expect(problems[0]?.remedy).not.toBe('');
  });
});

describe('syntax', () => {
  test.each<[string, readonly string[], Record<string, unknown>]>([
    ['a value as the next word', ['--kubeconfig', '/k'], { kubeconfig: '/k' }],
    ['a negative value as the next word', ['--oom-score-adj', '-5'], { 'oom-score-adj': -5 }],
    ['a switch alone', ['--masquerade-all', '--init-only'], { 'masquerade-all': true, 'init-only': true }],
    ['-v=2', ['-v=2'], { v: 2 }],
    ['-v 2', ['-v', '2'], { v: 2 }],
    ['-v2', ['-v2'], { v: 2 }],
    ['--v=2', ['--v=2'], { v: 2 }],
    ['the last of two', ['--v=2', '--v=3'], { v: 3 }],
    [
      'a list in two parts',
      ['--nodeport-addresses=a', '--nodeport-addresses=b,c'],
      { 'nodeport-addresses': ['a', 'b', 'c'] },
    ],
    [
      'a map in two parts',
      ['--feature-gates=A=true', '--feature-gates=B=false'],
      { 'feature-gates': { A: true, B: false } },
    ],
    ['an equals sign in a value', ['--master=https://a/?b=c'], { master: 'https://a/?b=c' }],
    ['underscores in a value', ['--kubeconfig=/a_b'], { kubeconfig: '/a_b' }],
    ['--version', ['--version'], { version: 'true' }],
    ['--version=raw', ['--version=raw'], { version: 'raw' }],
    ['-h', ['-h'], { help: true }],
  ])('%s', (_, argv, expected) => {
    const { values, problems } = parseFlags(argv);
    expect(problems).toEqual([]);
    expect(Object.fromEntries(values)).toEqual(expected);
  });

  test('unknown flags, stray words and missing values are reported together', () => {
    const { problems } = parseFlags([
      '--zork',
      '--masquerade-all',
      'yes',
      '--no-masquerade-all',
      '-x',
      '--constructor',
      '--kubeconfig',
    ]);
    expect(problems.map(({ field }) => field)).toEqual([
      '--zork',
      'command line',
      '--no-masquerade-all',
      '-x',
      '--constructor',
      '--kubeconfig',
    ]);
  });

  test('a command passes its flags through untouched, in order', () => {
    const program = new Command('nftproxier').exitOverride().enablePositionalOptions();
    let seen: readonly string[] = [];
    const run = defineFlags(program.command('run', { isDefault: true })).action(() => {
      seen = run.args;
    });
    const argv = ['--config', 'f', '--masquerade-all=false', '-v=2'];
    program.parse(['run', ...argv], { from: 'user' });
    expect(seen).toEqual(argv);
    expect(loadFlags(...seen.slice(2)).ok).toBe(true);
  });
});

describe('actions', () => {
  test('are read with and without a file', () => {
    const loaded = load({}, ['--init-only', '--cleanup', '--write-config-to=/out', '--version=raw']);
    expect(loaded.ok && loaded.actions).toEqual({
      configFile: '/etc/nftproxier.yaml',
      writeConfigTo: '/out',
      initOnly: true,
      cleanup: true,
      version: 'raw',
      help: false,
    });
    const none = loadFlags();
    expect(none.ok && none.actions).toEqual({ initOnly: false, cleanup: false, help: false });
  });
});

describe('deprecated ports', () => {
  test.each([
    [['--healthz-port=1'], 'healthzBindAddress', '0.0.0.0:1'],
    [['--healthz-port=1', '--bind-address=::'], 'healthzBindAddress', '[::]:1'],
    [['--healthz-port=1', '--healthz-bind-address=10.0.0.1'], 'healthzBindAddress', '10.0.0.1:1'],
    [['--healthz-port=1', '--healthz-bind-address=10.0.0.1:2'], 'healthzBindAddress', '10.0.0.1:2'],
    [['--healthz-port=0'], 'healthzBindAddress', ''],
    [['--metrics-port=1'], 'metricsBindAddress', '127.0.0.1:1'],
    [['--metrics-port=1', '--bind-address=::'], 'metricsBindAddress', '[::1]:1'],
  ])('%j', (argv, field, expected) => {
    expect(valueAt(valid(loadFlags(...argv)), [field])).toBe(expected);
  });

  test('the metrics server cannot be switched off', () => {
    // The address is the field's own: the flag only gave it a port.
    expect(problemsOf(loadFlags('--metrics-port=0')).map(({ field }) => field)).toEqual(['metricsBindAddress']);
  });
});

describe('flags without effect', () => {
  test.each(flags.filter(({ tolerated }) => tolerated !== undefined))(
    '--$name is accepted with a warning',
    ({ name, kind, path }) => {
      const values = {
        string: 'a',
        integer: '7',
        number: '7',
        boolean: 'true',
        duration: '7s',
        list: '10.0.0.0/8',
        map: 'A=true',
      };
      const field = fields.find((candidate) => candidate.path === path);
      const value = field?.fallback === true ? 'false' : values[kind];
      const loaded = loadFlags('--proxy-mode=nftables', `--${name}=${value}`);
      expect(loaded.ok).toBe(true);
      expect(loaded.warnings.map(({ message }) => message)).toEqual([expect.stringMatching(/^Not used: /u)]);
    },
  );
});

test('the help names every flag', () => {
  const help = flagHelp();
  expect(flags.filter(({ name }) => !help.includes(`--${name}`))).toEqual([]);
});
