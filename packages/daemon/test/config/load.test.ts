import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ConfigurationError,
  describeProblem,
  featureEnabled,
  loadConfiguration,
  toFile,
  toYaml,
} from '../../src/config/index.js';
import { load, loadFlags, problemsOf, valid } from './file.js';

const kubeadm = readFileSync(new URL('kubeadm.conf.yaml', import.meta.url), 'utf8');

describe("kubeadm's file", () => {
  test('loads unchanged, with the flags of its DaemonSet, and says what is different here', () => {
    const loaded = load(kubeadm, ['--hostname-override=Node-1']);
    const configuration = valid(loaded);
    expect(configuration).toMatchObject({
      mode: 'nftables',
      hostnameOverride: 'node-1',
      clusterCIDR: '10.244.0.0/16',
      detectLocalMode: 'ClusterCIDR',
      nodePortAddresses: ['primary'],
      healthzBindAddress: '0.0.0.0:10256',
      metricsBindAddress: '127.0.0.1:10249',
      oomScoreAdj: -999,
      conntrack: { maxPerCore: 32_768, min: 131_072 },
      clientConnection: { kubeconfig: '/var/lib/kube-proxy/kubeconfig.conf', qps: 5, burst: 10 },
    });
    expect(loaded.warnings.map(({ field }) => field)).toEqual(['mode', 'nodePortAddresses']);
  });

  test('in nftables mode loads without a word', () => {
    expect(load(kubeadm.replace(/^mode: .*$/mu, 'mode: nftables')).warnings).toEqual([]);
  });
});

describe('other modes', () => {
  const section = { masqueradeAll: true, masqueradeBit: 3, syncPeriod: '10s', minSyncPeriod: '2s' };
  test.each([
    [
      'blank',
      { iptables: section },
      { masqueradeAll: true, masqueradeBit: 3, syncPeriod: 10_000, minSyncPeriod: 2_000 },
    ],
    [
      'iptables',
      { mode: 'iptables', iptables: section, nftables: { masqueradeBit: 5, syncPeriod: '20s' } },
      { masqueradeAll: true, masqueradeBit: 5, syncPeriod: 20_000, minSyncPeriod: 2_000 },
    ],
    [
      'ipvs',
      { mode: 'ipvs', iptables: section, ipvs: { syncPeriod: '40s' } },
      { masqueradeAll: true, masqueradeBit: 3, syncPeriod: 40_000, minSyncPeriod: 1_000 },
    ],
    [
      'nftables',
      { mode: 'nftables', iptables: section, ipvs: { syncPeriod: '40s' } },
      { masqueradeAll: false, masqueradeBit: 14, syncPeriod: 30_000, minSyncPeriod: 1_000 },
    ],
  ])('%s', (_, file, nftables) => {
    expect(valid(load(file)).nftables).toEqual(nftables);
  });

  test('what is carried over and what is left behind are named', () => {
    expect(
      load({ mode: 'iptables', nodePortAddresses: ['0.0.0.0/0'], iptables: section, ipvs: { scheduler: 'rr' } })
        .warnings,
    ).toEqual([
      { field: 'mode', message: 'The mode is iptables; nftproxier always uses nftables.' },
      { field: 'iptables.masqueradeAll', message: 'Used as nftables.masqueradeAll.' },
      { field: 'iptables.masqueradeBit', message: 'Used as nftables.masqueradeBit.' },
      { field: 'iptables.syncPeriod', message: 'Used as nftables.syncPeriod.' },
      { field: 'iptables.minSyncPeriod', message: 'Used as nftables.minSyncPeriod.' },
      { field: 'ipvs.scheduler', message: 'Not used: it belongs to another proxy mode.' },
    ]);
    expect(load({ mode: 'nftables', iptables: section }).warnings.map(({ field }) => field)).toEqual([
      'iptables.masqueradeBit',
      'iptables.masqueradeAll',
      'iptables.syncPeriod',
      'iptables.minSyncPeriod',
    ]);
  });

  test('a period carried over is checked like any other', () => {
    expect(problemsOf(load({ iptables: { minSyncPeriod: '1m' } })).map(describeProblem)).toEqual([
      'nftables.minSyncPeriod: "1m0s" is not accepted: it must be a duration of 0 or more, and not greater than nftables.syncPeriod. Correct it, or remove the field to have the default, "1s".',
    ]);
  });
});

describe('defaults that follow other fields', () => {
  test.each([
    [{ bindAddress: '::' }, '[::]:10256', '[::1]:10249'],
    [{ bindAddress: '10.0.0.1' }, '0.0.0.0:10256', '127.0.0.1:10249'],
    [{ bindAddress: '::', metricsBindAddress: '0.0.0.0' }, '[::]:10256', '0.0.0.0:10249'],
    [{ healthzBindAddress: '::' }, '[::]:10256', '127.0.0.1:10249'],
  ])('%j', (file, healthz, metrics) => {
    expect(valid(load(file))).toMatchObject({ healthzBindAddress: healthz, metricsBindAddress: metrics });
  });

  test('an empty list of NodePort addresses means primary', () => {
    expect(valid(load({ nodePortAddresses: [] })).nodePortAddresses).toEqual(['primary']);
  });

  test('zero periods in a file are defaults, in a flag they are zero', () => {
    expect(valid(load({ mode: 'nftables', nftables: { minSyncPeriod: '0s' } })).nftables.minSyncPeriod).toBe(1_000);
    expect(valid(loadFlags('--iptables-min-sync-period=0s')).nftables.minSyncPeriod).toBe(0);
  });

  test('a cluster CIDR is checked only where it is used', () => {
    expect(load({ clusterCIDR: 'x', detectLocalMode: 'NodeCIDR' }).ok).toBe(true);
  });
});

describe('files that are not quite right', () => {
  test('unknown fields at any depth are named and left out', () => {
    const loaded = load(
      'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: nftables\nclusterCidr: a\nconntrack: {max: 1}\n__proto__: {x: 1}\n"a\\nb": 1\n',
    );
    expect(valid(loaded)).not.toHaveProperty('clusterCidr');
    expect(loaded.warnings).toEqual(
      ['conntrack.max', 'clusterCidr', '__proto__', '"a\\nb"'].map((field) => ({
        field,
        message: 'Ignored: there is no field of this name.',
      })),
    );
  });

  test('of a field given twice the last counts', () => {
    const loaded = load(
      'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: nftables\noomScoreAdj: 1\noomScoreAdj: 2\n',
    );
    expect(valid(loaded).oomScoreAdj).toBe(2);
    expect(loaded.warnings).toEqual([
      { field: '/etc/nftproxier.yaml', message: 'Line 5 gives a field a second time; the last value counts.' },
    ]);
  });

  test.each([
    ['a: [1\n', 'line 2, column 1 (BAD_INDENT)'],
    ['a: 1\n---\nb: 1\n', 'line 2, column 1 (MULTIPLE_DOCS)'],
    ['', 'an empty file'],
    ['- a\n', 'a list'],
    ['text', 'a string'],
  ])('%j is one problem', (contents, value) => {
    const problems = problemsOf(load(contents));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ field: '/etc/nftproxier.yaml', value });
  });

  test('aliases that multiply are refused', () => {
    const lines = [
      'a0: &a0 [x,x,x,x,x,x,x,x,x,x]',
      ...[1, 2, 3, 4, 5, 6, 7, 8].map(
        (n) =>
          `a${String(n)}: &a${String(n)} [${Array(10)
            .fill(`*a${String(n - 1)}`)
            .join(',')}]`,
      ),
    ];
    expect(problemsOf(load(lines.join('\n')))).toHaveLength(1);
  });

  test('a file that cannot be read is one problem', () => {
    const loaded = loadConfiguration({
      argv: ['--config=/missing'],
      env: {},
      readFile: () => {
        throw new Error('ENOENT: no such file or directory');
      },
    });
    expect(problemsOf(loaded).map(({ field, value }) => [field, value])).toEqual([
      ['--config', '"ENOENT: no such file or directory"'],
    ]);
  });

  test('sections that are no mappings are refused, and the rest is still checked', () => {
    const problems = problemsOf(load({ iptables: 3, conntrack: 'none', logging: [], oomScoreAdj: 5000 }));
    expect(problems.map(({ field, rule }) => [field, rule])).toEqual([
      ['conntrack', 'a mapping'],
      ['oomScoreAdj', 'a whole number from -1000 to 1000'],
      ['logging', 'a mapping'],
      ['iptables', 'a mapping'],
    ]);
  });

  test('YAML 1.1 words are booleans, as they are to Kubernetes', () => {
    expect(valid(load(kubeadm.replace('tcpBeLiberal: false', 'tcpBeLiberal: yes'))).conntrack.tcpBeLiberal).toBe(true);
  });

  test('an error carries all problems, and text from the file cannot forge lines', () => {
    const error = new ConfigurationError(problemsOf(load({ mode: 'a\nb', bindAddress: 'x'.repeat(500) })));
    expect(error.code).toBe('CONFIGURATION_INVALID');
    expect(error.problems).toHaveLength(2);
    expect(error.message.split('\n')).toHaveLength(3);
    expect(error.message.length).toBeLessThan(700);
  });
});

describe('feature gates', () => {
  test('unknown ones and ones without effect are named', () => {
    const loaded = load({
      mode: 'nftables',
      featureGates: { AllowServiceExternalIPs: false, NFTablesProxyMode: false, Other: true },
    });
    expect(loaded.warnings.map(({ field }) => field)).toEqual(['featureGates.NFTablesProxyMode', 'featureGates.Other']);
    const { featureGates } = valid(loaded);
    expect(featureEnabled(featureGates, 'AllowServiceExternalIPs')).toBe(false);
    expect(featureEnabled(featureGates, 'NFTablesProxyMode')).toBe(true);
    expect(featureEnabled(featureGates, 'Other')).toBe(false);
    expect(featureEnabled({}, 'AllowServiceExternalIPs')).toBe(true);
  });
});

test('the environment can skip the kernel check', () => {
  const skip = (env: Record<string, string>) => valid(load({}, [], env)).nftproxier.skipKernelVersionCheck;
  expect(skip({ KUBE_PROXY_NFTABLES_SKIP_KERNEL_VERSION_CHECK: '1' })).toBe(true);
  expect(skip({ KUBE_PROXY_NFTABLES_SKIP_KERNEL_VERSION_CHECK: '' })).toBe(false);
});

test('a blank flag beside a file does not undo what the file says', () => {
  expect(valid(load({ hostnameOverride: 'a' }, ['--hostname-override='])).hostnameOverride).toBe('a');
});

describe('writing it back', () => {
  test('the configuration cannot be changed', () => {
    const configuration = valid(load(kubeadm));
    expect(Object.isFrozen(configuration)).toBe(true);
    expect(Object.isFrozen(configuration.conntrack)).toBe(true);
    expect(Object.isFrozen(configuration.nodePortAddresses)).toBe(true);
  });

  test('durations are text again', () => {
    expect(toFile(valid(load({})))).toMatchObject({
      kind: 'KubeProxyConfiguration',
      nftables: { syncPeriod: '30s', minSyncPeriod: '1s' },
      conntrack: { tcpEstablishedTimeout: '24h0m0s', udpTimeout: '0s' },
    });
  });

  test('what is written loads as the same configuration, and without a warning', () => {
    const odd = fc.record(
      {
        hostnameOverride: fc.constantFrom('no', 'node', '1e3', '010'),
        clusterCIDR: fc.constantFrom('10.0.0.0/8', 'fd00::/64,10.0.0.0/8'),
        nodePortAddresses: fc.constantFrom(['primary'], ['10.0.0.0/8'], ['::/0']),
        nftables: fc.record({
          masqueradeBit: fc.nat(31),
          syncPeriod: fc.integer({ min: 1, max: 1e7 }).map((n) => `${String(n)}ms`),
        }),
        iptables: fc.record({ masqueradeAll: fc.boolean() }),
        bindAddress: fc.constantFrom('::', '0.0.0.0'),
        mode: fc.constantFrom('', 'nftables', 'iptables'),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(odd, (file) => {
        const loaded = load(file);
        if (!loaded.ok) return;
        const again = load(toYaml(loaded.configuration));
        expect(valid(again)).toEqual(loaded.configuration);
      }),
      { numRuns: 50 },
    );
    expect(load(toYaml(valid(load(kubeadm)))).warnings).toEqual([]);
  });
});

test('whatever a file holds, the outcome is a configuration or a list of problems', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 3 }), (json) => {
      const loaded = load(json);
      expect(loaded.ok || loaded.problems.length > 0).toBe(true);
    }),
    { numRuns: 200 },
  );
});
