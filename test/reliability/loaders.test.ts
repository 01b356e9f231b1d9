import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Planner, nodeView } from '@nftproxier/core';
import { loadConfiguration } from '../../packages/daemon/src/config/index.js';
import { ManifestError, parseManifest } from '../../packages/daemon/src/sources/manifests/parse.js';
import { reportRow, times } from './scorecard.js';
import { injections, pathsOf, withKey, withValue } from './shapes.js';

const seed = Number(process.env['NFTPROXIER_SEED'] ?? 18);
const runs = times(1_000, 50_000);

/** Text that has something of YAML, JSON or a manifest in it, and text that has nothing of it. */
const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc
    .array(
      fc.constantFrom(
        ...[
          '---\n',
          'kind: Service\n',
          'kind: ServiceList\nitems:\n',
          '- ',
          '  ',
          'metadata:\n',
          '  name: a\n',
          '&a ',
          '*a',
          '<<: *a\n',
        ],
        ...[
          '!!binary ',
          '!!js/function ',
          '%YAML 9.9\n',
          '{',
          '}',
          '[',
          ']',
          '"',
          "'",
          ': ',
          '|\n',
          '>\n',
          '\t',
          '\u0000',
          '# ',
          '? ',
          '...\n',
        ],
        ...injections.filter((text) => text.length < 200),
      ),
      { maxLength: 25 },
    )
    .map((parts) => parts.join('')),
  fc.json().map((text) => text.replace(/^\{/, '{"kind":"Service",')),
);

describe('row 18: manifests of any text', () => {
  it('are objects that a plan can be made of, or an error that names the file', { timeout: 1_800_000 }, () => {
    fc.assert(
      fc.property(texts, fc.constantFrom('a.yaml', 'a.json'), (text, file) => {
        const planner = new Planner(nodeView('node-a'));
        try {
          for (const { kind, object } of parseManifest(file, text)) {
            if (kind === 'Service') planner.setService(object);
            if (kind === 'EndpointSlice') planner.setEndpointSlice(object);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(ManifestError);
          expect((error as ManifestError).file).toBe(file);
          expect((error as ManifestError).message.length).toBeLessThan(400);
        }
        planner.takeChanges();
      }),
      { numRuns: runs, seed },
    );
    reportRow({
      row: 18,
      case: 'manifests of any text',
      n: runs,
      passNumber: 'objects, or an error that names the file; nothing else is thrown',
      measured: '0 others',
      seed,
    });
  });

  it('that refer to themselves a million times are refused', () => {
    const lines = Array.from(
      { length: 9 },
      (_, index) =>
        `a${String(index + 1)}: &a${String(index + 1)} [${Array.from({ length: 9 }, () => `*a${String(index)}`).join(', ')}]`,
    );
    const bomb = `kind: Service\nmetadata: {name: bomb}\na0: &a0 [x]\n${lines.join('\n')}\n`;
    expect(() => parseManifest('bomb.yaml', bomb)).toThrow(ManifestError);
  });
});

const good = {
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
  mode: 'nftables',
  bindAddress: '0.0.0.0',
  clusterCIDR: '10.244.0.0/16',
  featureGates: { AllowServiceExternalIPs: true },
  nodePortAddresses: ['primary'],
  nftables: { masqueradeBit: 14, masqueradeAll: false, syncPeriod: '30s', minSyncPeriod: '1s' },
  conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '24h' },
  clientConnection: { kubeconfig: '', qps: 5 },
  detectLocal: { bridgeInterface: 'cni0', interfaceNamePrefix: 'pod' },
};

const anything = fc.oneof(
  fc.constantFrom(...injections),
  fc.anything({ maxDepth: 2, maxKeys: 3 }),
  fc.constantFrom<unknown>(null, -1, 2 ** 53, 'true', [], {}, '1h1h', '-5s'),
);

describe('row 18: configuration files of any shape', () => {
  const load = (file: string): ReturnType<typeof loadConfiguration> =>
    loadConfiguration({ argv: ['--config', 'file'], readFile: () => file, env: {} });

  it('are a configuration, or problems that name their field', { timeout: 1_800_000 }, () => {
    const changes = fc.array(fc.tuple(fc.nat(), anything, fc.boolean()), { minLength: 1, maxLength: 3 });
    const files = fc.oneof(
      texts,
      changes.map((all) =>
        JSON.stringify(
          all.reduce<object>((object, [where, value, isKey]) => {
            const places = pathsOf(object);
            const place = places[where % Math.max(1, places.length)];
            if (place === undefined) return object;
            return isKey && typeof value === 'string' ? withKey(object, place, value) : withValue(object, place, value);
          }, good),
          (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value),
        ),
      ),
    );
    fc.assert(
      fc.property(files, (file) => {
        const loaded = load(file);
        if (loaded.ok) expect(loaded.configuration.nftproxier).toBeDefined();
        else expect(loaded.problems.length).toBeGreaterThan(0);
      }),
      { numRuns: runs, seed },
    );
    expect(load(JSON.stringify(good)).ok).toBe(true);
    reportRow({
      row: 18,
      case: 'configuration files of any text and shape',
      n: runs,
      passNumber: 'a configuration, or problems; nothing is thrown',
      measured: '0 thrown',
      seed,
    });
  });
});
