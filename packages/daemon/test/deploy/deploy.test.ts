import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { loadConfiguration, parseHostPort } from '../../src/config/index.js';
import { catalog, createMetrics, type Metric } from '../../src/metrics/index.js';
import { schemaErrors } from './kubernetes-schema.js';

const folder = fileURLToPath(new URL('../../../../deploy', import.meta.url));
const read = (path: string): string => readFileSync(join(folder, path), 'utf8');

const documents = (path: string): readonly Record<string, unknown>[] =>
  parseAllDocuments(read(path)).map((document) => {
    if (!('errors' in document) || document.errors.length > 0) throw new Error(`${path} is not valid YAML`);
    return document.toJS() as Record<string, unknown>;
  });

const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
const manifests = files.filter(
  (path) => /^(?:base|overlays)\/.*\.yaml$/u.test(path) && !/(?:kustomization|cluster)\.yaml$/u.test(path),
);
const kustomizations = files.filter((path) => path.endsWith('kustomization.yaml'));

interface Container {
  readonly name: string;
  readonly args: readonly string[];
  readonly livenessProbe: { readonly httpGet: { readonly path: string; readonly port: number } };
  readonly readinessProbe: { readonly httpGet: { readonly path: string; readonly port: number } };
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly volumeMounts: readonly { readonly mountPath?: string; readonly readOnly?: boolean }[];
}

const podSpec = (path: string) =>
  (documents(path)[0] as { spec: { template: { spec: { initContainers: Container[]; containers: Container[] } } } })
    .spec.template.spec;

const configOf = (path: string): string => {
  const { data } = documents(path)[0] as { data: Record<string, string> };
  return data['config.yaml'] ?? '';
};

const load = (text: string, argv: readonly string[]) => loadConfiguration({ argv, env: {}, readFile: () => text });

describe('manifests', () => {
  test('there are some to check', () => {
    expect(manifests.length).toBeGreaterThanOrEqual(7);
    expect(kustomizations).toHaveLength(3);
  });

  test.each(manifests)('%s has only fields of the API, with values of their types', (path) => {
    expect(documents(path).flatMap(schemaErrors)).toEqual([]);
  });

  test('the check finds what is wrong', () => {
    const [daemonSet] = documents('base/daemonset.yaml');
    const broken = structuredClone(daemonSet) as { spec: { template: { spec: Record<string, unknown> } } };
    Object.assign(broken.spec.template.spec, { hostNetwork: 'yes', tolerations: {}, priorityClass: 'x' });
    expect(schemaErrors(broken).toSorted()).toEqual([
      'DaemonSet.spec.template.spec.hostNetwork: not a boolean',
      'DaemonSet.spec.template.spec.priorityClass: no such field',
      'DaemonSet.spec.template.spec.tolerations: not a list',
    ]);
  });

  test.each(kustomizations)('%s names files that exist', (path) => {
    const at = path.slice(0, path.lastIndexOf('/'));
    const { resources = [], patches = [] } = documents(path)[0] as {
      resources?: string[];
      patches?: { path?: string; patch?: string }[];
    };
    for (const name of [...resources, ...patches.flatMap((patch) => patch.path ?? [])]) {
      const target = join(at, name);
      expect(files.some((file) => file === target || file.startsWith(`${target}/`))).toBe(true);
    }
    for (const { patch } of patches) if (patch !== undefined) expect(parseAllDocuments(patch).length).toBe(1);
  });
});

describe('the DaemonSet', () => {
  const spec = podSpec('base/daemonset.yaml');
  const [init] = spec.initContainers as [Container];
  const [main] = spec.containers as [Container];

  test('holds NET_ADMIN only, after an init container that makes the settings of the kernel', () => {
    expect(main.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] },
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(init.args).toEqual([...main.args, '--init-only']);
    expect(main.volumeMounts.filter(({ readOnly }) => readOnly !== true)).toEqual([{ name: 'run', mountPath: '/run' }]);
  });

  test.each([
    ['base', configOf('base/configmap.yaml'), []],
    ['kind', configOf('overlays/kind/configmap.yaml'), []],
  ])('starts with the configuration of %s, without a warning', (_, text, warnings) => {
    const [, ...argv] = main.args;
    const loaded = load(
      text,
      argv.map((arg) => arg.replace('$(NODE_NAME)', 'node-1')),
    );
    expect(loaded.warnings).toEqual(warnings);
    expect(loaded.ok && loaded.actions.configFile).toBe(`${main.volumeMounts[0]?.mountPath ?? ''}/config.yaml`);
    const health = loaded.ok ? parseHostPort(loaded.configuration.healthzBindAddress) : undefined;
    expect(main.livenessProbe.httpGet).toEqual({ path: '/livez', port: health?.port });
    expect(main.readinessProbe.httpGet).toEqual({ path: '/readyz', port: health?.port });
  });

  test("reads kubeadm's file where its kubeconfig expects to be, in the overlay", () => {
    const overlay = podSpec('overlays/kubeadm/daemonset.yaml');
    for (const container of [...overlay.initContainers, ...overlay.containers]) {
      expect(container.args).toContain('--config=/var/lib/kube-proxy/config.conf');
      expect(container.volumeMounts.at(-1)?.mountPath).toBe('/var/lib/kube-proxy');
    }
  });
});

describe('the systemd unit', () => {
  test('starts with the configuration beside it, without a warning', () => {
    const command = /^ExecStart=(\S+) run (.*)$/mu.exec(read('systemd/nftproxier.service'));
    const loaded = load(read('systemd/config.yaml'), (command?.[2] ?? '').split(' '));
    expect(loaded.ok && loaded.actions.configFile).toBe('/etc/nftproxier/config.yaml');
    expect(loaded.warnings).toEqual([]);
  });

  test('makes the settings of the kernel first, with privileges that the daemon does not have', () => {
    const unit = read('systemd/nftproxier.service');
    expect(unit).toMatch(/^ExecStartPre=\+\S+ run --config=\S+ --init-only$/mu);
    expect(unit).toMatch(/^CapabilityBoundingSet=CAP_NET_ADMIN$/mu);
  });
});

describe('alerts', () => {
  interface Rule {
    readonly alert: string;
    readonly expr: string;
    readonly labels: { readonly severity: string };
    readonly annotations: { readonly summary: string; readonly description: string };
  }
  const rules = (documents('prometheus/alerts.yaml')[0] as { groups: { rules: Rule[] }[] }).groups.flatMap(
    (group) => group.rules,
  );

  test.each(rules)(
    '$alert asks for metrics that exist, with labels they have',
    async ({ expr, labels, annotations }) => {
      const metrics = createMetrics({
        version: '0.0.0',
        nodeVersion: '',
        platform: '',
        featureGates: {},
        readFile: () => '0',
        startTime: 0,
      });
      const page = await metrics.page.render();
      metrics.stop();
      const known = new Map((catalog as readonly Metric[]).map((metric) => [metric.name, metric]));
      const words = expr.replaceAll(/\{[^}]*\}|\[[^\]]*\]|\bby \([^)]*\)/gu, '').match(/[a-z_]\w{3,}/gu) ?? [];
      const functions = new Set(['increase', 'rate', 'changes', 'histogram_quantile']);
      const names = words.filter((word) => !functions.has(word));
      expect(names.length).toBeGreaterThan(0);
      for (const name of names) {
        const base = name.replace(/_(?:bucket|sum|count)$/u, '');
        const isHistogram = known.get(base)?.type === 'histogram';
        expect(isHistogram || known.has(name) || page.includes(`# TYPE ${name} `), name).toBe(true);
      }
      for (const [, label = ''] of annotations.description.matchAll(/\$labels\.(\w+)/gu)) {
        const carried = names.every((name) => known.get(name)?.labels.includes(label) ?? false);
        expect(label === 'instance' || carried, label).toBe(true);
      }
      expect(['critical', 'warning']).toContain(labels.severity);
      expect(annotations.summary).toMatch(/\.$/u);
    },
  );
});

describe('the image', () => {
  test('has the tools that the daemon runs, and both names, in the one list that says what is in it', () => {
    const { packages, programs, commands } = JSON.parse(read('image/contents.json')) as Record<string, string[]>;
    for (const name of ['nftables', 'conntrack', 'iproute2']) expect(packages).toContain(name);
    expect(programs).toEqual([
      '/usr/sbin/nft',
      '/usr/sbin/conntrack',
      '/bin/ip',
      '/usr/bin/socat',
      '/usr/local/bin/node',
    ]);
    expect(commands).toEqual(['/usr/local/bin/nftproxier', '/usr/local/bin/kube-proxy']);
  });

  test('is made from the list, and starts the daemon', () => {
    const dockerfile = read('image/Dockerfile');
    expect(dockerfile).toContain('require("./deploy/image/contents.json").packages');
    expect(dockerfile).toContain('node scripts/image/assemble.mjs / /image');
    expect(dockerfile).toMatch(/^ENTRYPOINT \["\/usr\/local\/bin\/nftproxier"\]$/mu);
  });
});
