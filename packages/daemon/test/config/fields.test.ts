import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { fields } from '../../src/config/index.js';
import { valueAt, withValue } from '../../src/config/raw.js';
import { load, problemsOf, valid } from './file.js';

interface Row {
  readonly field: string;
  /** In the program's form. */
  readonly fallback: unknown;
  /** In the form of the file. */
  readonly given: unknown;
  /** What `given` becomes, if not itself. */
  readonly becomes?: unknown;
  /** Values that are refused. */
  readonly invalid: readonly unknown[];
  /** Other fields that the row needs. */
  readonly beside?: object;
}

const text = [5, true, ['a'], { a: 1 }];
const flag = ['yes please', 1, []];
const count = [-1, 1.5, 'ten', '10', {}];
const time = ['-1s', '10', 'soon', 10];

const rows: readonly Row[] = [
  { field: 'mode', fallback: 'nftables', given: 'ipvs', becomes: 'nftables', invalid: ['userspace', 'kernelspace', 4] },
  { field: 'hostnameOverride', fallback: '', given: ' Node-A ', becomes: 'node-a', invalid: ['  ', ...text] },
  {
    field: 'bindAddress',
    fallback: '0.0.0.0',
    given: '::',
    invalid: ['localhost', '10.0.0.256', 'fe80::1%eth0', ...text],
  },
  {
    field: 'healthzBindAddress',
    fallback: '0.0.0.0:10256',
    given: '10.0.0.1',
    becomes: '10.0.0.1:10256',
    invalid: ['localhost:1', '10.0.0.1:0', '10.0.0.1:65536', ':80', ...text],
  },
  {
    field: 'metricsBindAddress',
    fallback: '127.0.0.1:10249',
    given: 'fd00::1',
    becomes: '[fd00::1]:10249',
    invalid: ['10249', '127.0.0.1:', '[127.0.0.1]:80', ...text],
  },
  { field: 'bindAddressHardFail', fallback: false, given: true, invalid: flag },
  { field: 'enableProfiling', fallback: false, given: true, invalid: flag },
  {
    field: 'clusterCIDR',
    fallback: '',
    given: '10.0.0.0/8,fd00::/64',
    invalid: [
      '10.0.0.0',
      '10.0.0.0/33',
      '10.0.0.0/8,',
      '10.0.0.0/8,11.0.0.0/8',
      '10.0.0.0/8,fd00::/64,fd01::/64',
      ...text,
    ],
  },
  { field: 'detectLocalMode', fallback: 'ClusterCIDR', given: 'NodeCIDR', invalid: ['clustercidr', ...text] },
  {
    field: 'detectLocal.bridgeInterface',
    fallback: '',
    given: 'cni0',
    beside: { detectLocalMode: 'BridgeInterface' },
    invalid: ['', 'a b', 'sixteencharacter', ...text],
  },
  {
    field: 'detectLocal.interfaceNamePrefix',
    fallback: '',
    given: 'veth',
    beside: { detectLocalMode: 'InterfaceNamePrefix' },
    invalid: ['', 'a/b', ...text],
  },
  {
    field: 'nodePortAddresses',
    fallback: ['primary'],
    given: ['10.0.0.0/8', '::/0'],
    invalid: [['primary', '10.0.0.0/8'], ['10.0.0.1'], ['fe80::%eth0/64'], 'primary', [5]],
  },
  { field: 'nftables.masqueradeBit', fallback: 14, given: 0, invalid: [32, ...count] },
  { field: 'nftables.masqueradeAll', fallback: false, given: true, invalid: flag },
  { field: 'nftables.syncPeriod', fallback: 30_000, given: '1m0s', becomes: 60_000, invalid: ['501h', ...time] },
  { field: 'nftables.minSyncPeriod', fallback: 1_000, given: '250ms', becomes: 250, invalid: ['31s', ...time] },
  { field: 'conntrack.maxPerCore', fallback: 32_768, given: 0, invalid: count },
  { field: 'conntrack.min', fallback: 131_072, given: 0, invalid: count },
  { field: 'conntrack.tcpEstablishedTimeout', fallback: 86_400_000, given: '0s', becomes: 0, invalid: time },
  { field: 'conntrack.tcpCloseWaitTimeout', fallback: 3_600_000, given: '1m', becomes: 60_000, invalid: time },
  { field: 'conntrack.tcpBeLiberal', fallback: false, given: true, invalid: flag },
  { field: 'conntrack.udpTimeout', fallback: 0, given: '30s', becomes: 30_000, invalid: time },
  { field: 'conntrack.udpStreamTimeout', fallback: 0, given: '2m', becomes: 120_000, invalid: time },
  { field: 'oomScoreAdj', fallback: -999, given: 0, invalid: [-1001, 1001, 'low'] },
  { field: 'configSyncPeriod', fallback: 900_000, given: '1h', becomes: 3_600_000, invalid: time },
  {
    field: 'featureGates',
    fallback: {},
    given: { AllowServiceExternalIPs: false },
    invalid: [['AllowServiceExternalIPs'], 'AllowServiceExternalIPs=false'],
  },
  { field: 'clientConnection.kubeconfig', fallback: '', given: '/k', invalid: text },
  { field: 'clientConnection.acceptContentTypes', fallback: '', given: 'application/json', invalid: text },
  {
    field: 'clientConnection.contentType',
    fallback: 'application/vnd.kubernetes.protobuf',
    given: 'application/json',
    invalid: text,
  },
  { field: 'clientConnection.qps', fallback: 5, given: 2.5, invalid: ['5', {}] },
  { field: 'clientConnection.burst', fallback: 10, given: 20, invalid: count },
  { field: 'logging.format', fallback: 'text', given: 'json', invalid: ['xml', 5] },
  { field: 'logging.flushFrequency', fallback: '5s', given: 5_000_000_000, invalid: [true] },
  { field: 'logging.verbosity', fallback: 0, given: 4, invalid: count },
  { field: 'logging.vmodule', fallback: [], given: [{ filePattern: 'a', verbosity: 3 }], invalid: ['a=3'] },
  { field: 'logging.options', fallback: {}, given: { text: { splitStream: true } }, invalid: ['none'] },
  { field: 'showHiddenMetricsForVersion', fallback: '', given: '1.35', invalid: text },
  { field: 'iptables.masqueradeBit', fallback: 14, given: 15, invalid: [32, ...count] },
  { field: 'iptables.masqueradeAll', fallback: false, given: true, invalid: flag },
  { field: 'iptables.localhostNodePorts', fallback: true, given: false, invalid: flag },
  { field: 'iptables.syncPeriod', fallback: 30_000, given: '40s', becomes: 40_000, invalid: [10, 'soon'] },
  { field: 'iptables.minSyncPeriod', fallback: 1_000, given: '2s', becomes: 2_000, invalid: [10, 'soon'] },
  { field: 'ipvs.syncPeriod', fallback: 30_000, given: '40s', becomes: 40_000, invalid: [10, 'soon'] },
  { field: 'ipvs.minSyncPeriod', fallback: 1_000, given: '2s', becomes: 2_000, invalid: [10, 'soon'] },
  { field: 'ipvs.scheduler', fallback: '', given: 'rr', invalid: text },
  { field: 'ipvs.excludeCIDRs', fallback: [], given: ['10.0.0.0/8'], invalid: ['10.0.0.0/8', [5]] },
  { field: 'ipvs.strictARP', fallback: false, given: true, invalid: flag },
  { field: 'ipvs.tcpTimeout', fallback: 0, given: '1s', becomes: 1_000, invalid: [10, 'soon'] },
  { field: 'ipvs.tcpFinTimeout', fallback: 0, given: '1s', becomes: 1_000, invalid: [10, 'soon'] },
  { field: 'ipvs.udpTimeout', fallback: 0, given: '1s', becomes: 1_000, invalid: [10, 'soon'] },
  { field: 'winkernel.networkName', fallback: '', given: 'net', invalid: text },
  { field: 'winkernel.sourceVip', fallback: '', given: '10.0.0.1', invalid: text },
  { field: 'winkernel.enableDSR', fallback: false, given: true, invalid: flag },
  { field: 'winkernel.rootHnsEndpointName', fallback: '', given: 'net', invalid: text },
  { field: 'winkernel.forwardHealthCheckVip', fallback: false, given: true, invalid: flag },
  { field: 'portRange', fallback: '', given: '1-2', invalid: text },
  { field: 'windowsRunAsService', fallback: false, given: true, invalid: flag },
  { field: 'nftproxier.manifests', fallback: '', given: '/manifests', invalid: text },
  {
    field: 'nftproxier.apiServer',
    fallback: '',
    given: 'https://10.0.0.1:6443',
    invalid: ['10.0.0.1:6443', 'ftp://a', 'https://a/?b', ...text],
  },
  {
    field: 'nftproxier.debugBindAddress',
    fallback: '127.0.0.1:10246',
    given: '',
    invalid: ['127.0.0.1', 'localhost:10246', '127.0.0.1:0', ...text],
  },
  {
    field: 'nftproxier.auditPeriod',
    fallback: 60_000,
    given: '5m',
    becomes: 300_000,
    invalid: ['-1s', '999ms', '501h', ...time],
  },
  { field: 'nftproxier.skipKernelVersionCheck', fallback: false, given: true, invalid: flag },
  { field: 'nftproxier.conntrackCleanup', fallback: true, given: false, invalid: flag },
  { field: 'nftproxier.takeover', fallback: true, given: false, invalid: flag },
  { field: 'nftproxier.algorithm', fallback: 'random', given: 'maglev', invalid: ['Maglev', 'round-robin', 1] },
  { field: 'nftproxier.hashKey', fallback: 'client', given: 'client-and-port', invalid: ['port', true] },
  { field: 'nftproxier.hashSeed', fallback: 1_852_208_240, given: 7, invalid: [-1, 2 ** 32, 1.5, '7'] },
  { field: 'nftproxier.counters', fallback: 'off', given: 'endpoints', invalid: ['on', true] },
  { field: 'nftproxier.countersPeriod', fallback: 30_000, given: '1m', becomes: 60_000, invalid: ['0s', ...time] },
  { field: 'nftproxier.countersInMetrics', fallback: 100, given: 0, invalid: [-1, 1.5, '7'] },
];

const file = (row: Row, value: unknown) =>
  load(withValue({ mode: 'nftables', ...row.beside }, row.field.split('.'), value));

test('every field has a row', () => {
  expect(rows.map(({ field }) => field).toSorted()).toEqual(
    fields
      .map(({ name }) => name)
      .filter((name) => name !== 'apiVersion' && name !== 'kind')
      .toSorted(),
  );
});

describe.each(rows)('$field', (row) => {
  const path = row.field.split('.');

  test('has its default when it is absent, and when it is null', () => {
    expect(valueAt(valid(load({})), path)).toEqual(row.fallback);
    if (row.beside === undefined) expect(valueAt(valid(file(row, null)), path)).toEqual(row.fallback);
  });

  test('is taken from the file', () => {
    expect(valueAt(valid(file(row, row.given)), path)).toEqual(row.becomes ?? row.given);
  });

  test.each(row.invalid.map((value) => [value]))('refuses %j and says why', (value) => {
    const problems = problemsOf(file(row, value));
    expect(problems).toHaveLength(1);
    const [problem] = problems;
    expect(problem?.field.startsWith(row.field)).toBe(true);
    expect(problem?.rule).not.toBe('');
    expect(problem?.remedy).not.toBe('');
    expect(problem?.rule).not.toMatch(/invalid input|expected/iu);
  });
});

describe('apiVersion and kind', () => {
  const body = { apiVersion: 'kubeproxy.config.k8s.io/v1alpha1', kind: 'KubeProxyConfiguration' };
  test.each([
    ['apiVersion', { ...body, apiVersion: 'kubeproxy.config.k8s.io/v1' }],
    ['apiVersion', { kind: body.kind }],
    ['kind', { ...body, kind: 'KubeletConfiguration' }],
    ['kind', { apiVersion: body.apiVersion }],
  ])('a wrong or missing %s is one problem that says what to write', (field, contents) => {
    const problems = problemsOf(load(stringify(contents)));
    expect(problems.map((problem) => problem.field)).toEqual([field]);
    expect(problems[0]?.remedy).toBe(`Write ${field}: ${field === 'kind' ? body.kind : body.apiVersion}.`);
  });
});
