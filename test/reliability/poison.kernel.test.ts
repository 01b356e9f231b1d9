import { afterEach, describe, expect, it } from 'vitest';
import { serviceKeyOf } from '@nftproxier/core';
import type { KubernetesObject } from '@nftproxier/core';
import type { LoadTarget, Operation, Transaction } from '@nftproxier/nft';
import { manyService, manyServices, openPath } from './path.js';
import type { PathOptions, WholePath } from './path.js';
import { reportRow, times } from './scorecard.js';

let path: WholePath | undefined;
afterEach(async () => {
  await path?.close();
  path = undefined;
});

const poison = '10.97.0.66';

function service(spec: unknown, metadata: object = {}): KubernetesObject {
  return { kind: 'Service', metadata: { namespace: 'evil', name: 'poison', ...metadata }, spec } as KubernetesObject;
}

function slice(fields: object, metadata: object = {}): KubernetesObject {
  const labels = { 'kubernetes.io/service-name': 'poison' };
  const base = { addressType: 'IPv4', ports: [{ name: '', protocol: 'TCP', port: 80 }], endpoints: [] };
  return {
    kind: 'EndpointSlice',
    metadata: { namespace: 'evil', name: 'poison-1', labels, ...metadata },
    ...base,
    ...fields,
  };
}

const good = { clusterIP: poison, clusterIPs: [poison], ipFamilies: ['IPv4'], ports: [{ port: 80 }] };

/** Objects that cannot be used, or not as they are, and what is said of each: a code and a field. */
const kinds: Readonly<Record<string, readonly [KubernetesObject, string]>> = {
  'a Service with a name of 300 letters': [service(good, { name: 'x'.repeat(300) }), 'invalid-name metadata'],
  'a Service without a spec': [service(null), 'invalid-object spec'],
  'a cluster IP that is none': [
    service({ ...good, clusterIP: 'none', clusterIPs: ['none'] }),
    'invalid-address spec.clusterIPs[0]',
  ],
  'a port clash': [
    service({
      ...good,
      ports: [
        { name: 'a', port: 80 },
        { name: 'b', port: 80 },
      ],
    }),
    'duplicate-port spec.ports[1]',
  ],
  'a port name of 129 letters': [
    service({ ...good, ports: [{ name: 'x'.repeat(129), port: 80 }] }),
    'invalid-name spec.ports[0].name',
  ],
  'a protocol that is none': [
    service({ ...good, ports: [{ port: 80, protocol: 'QUIC' }] }),
    'invalid-protocol spec.ports[0].protocol',
  ],
  'an unknown policy': [
    service({ ...good, internalTrafficPolicy: 'Nearest' }),
    'invalid-value spec.internalTrafficPolicy',
  ],
  'the cluster IP of another Service': [
    service(
      { ...good, clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'] },
      { creationTimestamp: '2026-01-01T00:00:00Z' },
    ),
    'address-conflict spec.clusterIPs',
  ],
  'source ranges that are none': [
    service({ ...good, type: 'LoadBalancer', loadBalancerSourceRanges: ['10.0.0.0/8, 0.0.0.0/0'] }),
    'invalid-value spec.loadBalancerSourceRanges[0]',
  ],
  'an endpoint that is no address': [
    slice({ endpoints: [{ addresses: ['10.0.0.1; flush ruleset'] }] }),
    'invalid-address endpoints[0].addresses[0]',
  ],
  'a slice of an unknown address type': [slice({ addressType: 'IPv5' }), 'unsupported-address-type addressType'],
  'a slice of a Service with a name of 129 letters': [
    slice({}, { labels: { 'kubernetes.io/service-name': 'x'.repeat(129) } }),
    'no-service metadata.labels[kubernetes.io/service-name]',
  ],
  'endpoints that are no list': [slice({ endpoints: 'all' }), 'invalid-value endpoints'],
};

/** Adds, to what is done for the poisoned Service, an element that the kernel refuses: its chain does not exist. */
function refusing(target: LoadTarget): LoadTarget {
  const isPoison = (operation: Operation): boolean =>
    operation.op === 'add-elements' && operation.elements.some(({ key }) => key[0] === poison);
  return {
    ...target,
    async apply(transaction: Transaction) {
      const found = transaction.operations.filter(isPoison);
      if (found.length === 0) return target.apply(transaction);
      const owner = found.find((operation) => operation.owner !== undefined)?.owner;
      const refused: Operation = {
        op: 'add-elements',
        set: 'services4',
        elements: [{ key: ['203.0.113.66', 'tcp', 1], value: { kind: 'goto', chain: 'nowhere' } }],
        ...(owner === undefined ? {} : { owner }),
      };
      await target.apply({ ...transaction, operations: [...transaction.operations, refused] });
    },
  };
}

interface Outcome {
  readonly extraMs: number;
  /** What was said, as `code field`. */
  readonly said: readonly string[];
}

/** Loads many Services and a poisoned object at once, then changes some of them and it in one sync. */
async function endure(
  count: number,
  object: KubernetesObject | undefined,
  options: PathOptions = {},
): Promise<Outcome> {
  path = await openPath(options);
  const { services, slices } = manyServices(count);
  const added = (kind: string): readonly object[] => (object?.kind === kind ? [object] : []);
  path.replace('Service', [
    ...services,
    ...added('Service'),
    ...(object?.kind === 'EndpointSlice' ? [service(good)] : []),
  ]);
  path.replace('EndpointSlice', [...slices, ...added('EndpointSlice')]);
  const own = object === undefined ? undefined : serviceKeyOf(service(good));
  const start = performance.now();
  await path.sync();
  expect(path.lost().filter((key) => key !== own)).toEqual([]);
  const changed = Array.from({ length: 50 }, (_, index) => manyService(index, 81));
  if (object?.kind === 'EndpointSlice') path.set('EndpointSlice', [object]);
  path.set('Service', [...changed, ...added('Service')]);
  const { kind } = await path.sync();
  const extraMs = performance.now() - start;
  expect(kind).toBe('change');
  expect(path.lost().filter((key) => key !== own)).toEqual([]);
  const orphans = [...path.cluster.planner.orphans.values()].flat();
  const said = [...path.diagnostics, ...orphans].map(({ code, field }) => `${code} ${field}`);
  return { extraMs, said };
}

describe('row 17: one object that cannot be used', { timeout: 1_200_000 }, () => {
  const count = times(300, 2_000);

  it('is named, and all other Services are programmed in the same sync', async () => {
    const { extraMs: without } = await endure(count, undefined);
    const tookMs: number[] = [];
    for (const [what, [object, said]] of Object.entries(kinds)) {
      await path?.close();
      const outcome = await endure(count, object);
      tookMs.push(Math.max(0, outcome.extraMs - without));
      expect({ what, said: outcome.said }).toEqual({ what, said: expect.arrayContaining([said]) as unknown });
    }
    reportRow({
      row: 17,
      case: `${String(Object.keys(kinds).length)} kinds of objects, each among ${String(count)} Services; the time is what it adds to loading and changing them`,
      n: Object.keys(kinds).length,
      passNumber: 'the others are programmed in the same sync; the object and its field are named',
      measured: '0 others affected; each was named',
      tookMs,
    });
  });

  const refused = { between: refusing };

  it('is set aside by name where the kernel refuses it, and all others are programmed in the same sync', async () => {
    const { extraMs: without } = await endure(count, service(good));
    await path?.close();
    const { extraMs } = await endure(count, service(good), refused);
    expect([...(path?.loader.refused.keys() ?? [])]).toEqual(['evil/poison']);
    expect(path?.loader.refused.get('evil/poison' as never)?.error.message).toContain('nowhere');
    reportRow({
      row: 17,
      case: `a Service that the kernel refuses, among ${String(count)}; the time is what it adds to loading and changing them`,
      n: 1,
      passNumber: 'the others are programmed in the same sync; the Service is named, with the reason',
      measured: '0 others affected; named',
      tookMs: [Math.max(0, extraMs - without)],
    });
  });

  it('is set aside by name where the kernel refuses it: fails without finding who is to blame', async () => {
    await expect(endure(50, service(good), { ...refused, protections: { findsRefused: false } })).rejects.toThrow();
  });
});
