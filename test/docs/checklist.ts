/**
 * The items of kube-proxy's parity checklist that packets cannot show, each with the tests that prove it. What packets can
 * show is in `test/scenarios/rows.ts`, with its scenarios.
 */
export const checklist: Readonly<Record<string, readonly string[]>> = {
  'Model: endpoints of a service port are sorted': ['packages/core/test/translate/endpoints.test.ts'],
  'Control: nothing is written before Services and EndpointSlices have been listed': [
    'packages/daemon/test/sync/syncer.test.ts',
    'test/daemon/daemon.kernel.test.ts',
  ],
  'Control: the rules stay when the daemon ends': ['test/daemon/daemon.kernel.test.ts'],
  'Control: syncs are a second apart and coalesce, failures are tried again': [
    'packages/daemon/test/sync/schedule.test.ts',
  ],
  'Control: one table takes over from another without a gap': [
    'packages/nft/test/load/loader.test.ts',
    'test/kernel/churn.kernel.test.ts',
  ],
  'Control: a chain is deleted only some time after the last element that led to it': [
    'packages/nft/test/load/loader.test.ts',
  ],
  'Control: --cleanup removes everything, --init-only only makes settings': ['test/daemon/daemon.kernel.test.ts'],
  'Control: a ServiceCIDR takes effect at once': ['test/daemon/daemon.kernel.test.ts'],
  'Control: stale UDP and SCTP flows go': [
    'packages/nft/test/conntrack/flows.kernel.test.ts',
    'packages/nft/test/conntrack/cleaner.test.ts',
  ],
  'Control: fewer operations than kube-proxy for each kind of change': ['packages/nft/test/delta/operations.test.ts'],
  'HTTP: /healthz and /livez, eligibility of the node': ['packages/daemon/test/health/proxy-health.test.ts'],
  'HTTP: healthCheckNodePort, its body and weight header': [
    'packages/daemon/test/health/service-health.test.ts',
    'test/daemon/daemon.kernel.test.ts',
  ],
  'HTTP: /proxyMode and /configz': ['packages/daemon/test/http/metrics-routes.test.ts'],
  'HTTP: names, types, labels and buckets of metrics': ['packages/daemon/test/metrics/catalog.test.ts'],
  'Config: every field of v1alpha1, kubeadm’s ConfigMap, precedence of --hostname-override': [
    'packages/daemon/test/config/fields.test.ts',
    'packages/daemon/test/config/load.test.ts',
    'packages/daemon/test/config/flags.test.ts',
  ],
  'Config: kernel settings with their cap, the oom score': ['packages/daemon/test/host/kernel-settings.test.ts'],
  'Ops: the role system:node-proxier suffices': ['packages/daemon/test/deploy/deploy.test.ts'],
};
