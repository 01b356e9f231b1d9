import { describe, expect, it } from 'vitest';
import { slotsOf, weightsAnnotation } from '@nftproxier/core';
import { service, slice } from '@nftproxier/core/testing';
import type { EndpointFields, ServiceFields } from '@nftproxier/core/testing';
import { renderRule, renderSetDeclaration } from '../../src/render/index.js';
import { contributionOf } from '../../src/ruleset/contribution.js';
import type { Contribution } from '../../src/ruleset/parts.js';
import { changesOf } from './planned.js';
import { settings } from './services.js';

const web = { name: 'web', clusterIP: '10.96.0.10', ports: [80], sessionAffinity: 'ClientIP' } satisfies ServiceFields;
const open = { ...web, type: 'NodePort', ports: [{ port: 80, nodePort: 30_080 }] };
const local: EndpointFields = { address: '10.244.0.1', nodeName: 'here' };
const remote: EndpointFields = { address: '10.244.1.1', nodeName: 'there' };

function contribution(fields: ServiceFields, ...endpoints: readonly EndpointFields[]): Contribution {
  return weighed(fields, '', ...endpoints);
}

/** With the annotation of weights in the slice. */
function weighed(fields: ServiceFields, weights: string, ...endpoints: readonly EndpointFields[]): Contribution {
  const { namespace = 'default', name } = fields;
  const annotations = weights === '' ? {} : { [weightsAnnotation]: weights };
  const slices = [slice({ namespace, service: name, annotations, addressType: 'IPv4', ports: [8080], endpoints })];
  const [change] = changesOf({ service: service(fields), slices });
  const [plan] = change!.plan!.ports;
  const { cluster, local: here, algorithm } = plan!;
  const slots = { cluster: slotsOf(cluster, algorithm), local: slotsOf(here, algorithm) };
  return contributionOf(change!.service, plan!, slots, settings);
}

const chainNames = ({ ownChains }: Contribution): string[] => ownChains.map(({ name }) => name);
const rules = ({ ownChains }: Contribution, name: string): string[] | undefined =>
  ownChains.find((chain) => chain.name === name)?.rules.map(renderRule);

describe('a service port with session affinity', () => {
  it('has a chain and a set per endpoint, and uses no slots or shared chains', () => {
    const made = contribution(web, local, remote);
    expect(chainNames(made)).toEqual([
      'endpoint-default/web/tcp4__10.244.0.1/8080',
      'endpoint-default/web/tcp4__10.244.1.1/8080',
      'affinity-default/web/tcp4',
    ]);
    expect(made.ownSets.map(renderSetDeclaration)).toEqual(
      ['10.244.0.1', '10.244.1.1'].map(
        (address) =>
          `set affinity-clients-default/web/tcp4__${address}/8080 { typeof ip saddr; flags dynamic,timeout; }`,
      ),
    );
    expect(made).toMatchObject({ ranges: [], chains: [] });
  });

  it('draws a new client’s endpoint with falling odds', () => {
    const endpoints = [1, 2, 3].map((last) => ({ address: `10.244.0.${String(last)}`, nodeName: 'here' }));
    const drawn = rules(contribution(web, ...endpoints), 'affinity-default/web/tcp4')!.slice(3);
    expect(drawn.map((rule) => rule.replace(/ ?goto.*/, ''))).toEqual([
      'numgen random mod 3 0',
      'numgen random mod 2 0',
      '',
    ]);
  });

  it.each([
    ['source-hash', '', 3],
    ['maglev', '', 251],
    ['weighted', '10.244.0.1=2', 4],
  ])('has a map of slots where %s is to choose, which endpoints with chains share', (algorithm, weights, count) => {
    const endpoints = [1, 2, 3].map((last) => ({ address: `10.244.0.${String(last)}`, nodeName: 'here' }));
    const annotations = { 'nftproxier.io/algorithm': algorithm };
    const made = weighed({ ...web, annotations }, weights, ...endpoints);
    const map = 'affinity-slots-default/web/tcp4';
    expect(made.ownSets.map(({ name }) => name)).toContain(map);
    const slots = made.elements.filter(({ set }) => set === map).map(({ element }) => element);
    expect(slots.map(({ key }) => key)).toEqual(Array.from({ length: count }, (_, slot) => ['tcp', slot]));
    const targets = slots.map(({ value }) => (value !== undefined && 'chain' in value ? value.chain : ''));
    expect([...new Set(targets)].sort()).toEqual(chainNames(made).filter((name) => name.startsWith('endpoint-')));
    const [look, otherwise] = rules(made, 'affinity-default/web/tcp4')!.slice(3);
    const slot =
      algorithm === 'weighted' ? 'numgen random mod 4' : `jhash ip saddr mod ${String(count)} seed 0x6e667470`;
    expect(look).toBe(`meta l4proto . ${slot} vmap @${map}`);
    expect(otherwise).toBe(`goto ${targets[0]!}`);
  });

  it.each([
    ['weighted, all alike', { 'nftproxier.io/algorithm': 'weighted' }, 1],
    ['weighted, one is drained', { 'nftproxier.io/algorithm': 'weighted' }, 0],
    ['maglev, one endpoint left', { 'nftproxier.io/algorithm': 'maglev' }, 0],
  ])('needs no map for a choice that needs none: %s', (name, annotations, weight) => {
    const endpoints = name.startsWith('maglev') ? [local] : [local, remote];
    const made = weighed({ ...web, annotations }, `${remote.address}=${String(weight)}`, ...endpoints);
    expect(made.ownSets.every(({ flags }) => flags?.includes('dynamic'))).toBe(true);
    expect(made.elements.map(({ set }) => set)).toEqual(['services4']);
    const drawn = rules(made, 'affinity-default/web/tcp4')!.slice(endpoints.length);
    // Who is drained is still there for the clients that it had.
    expect(drawn).toHaveLength(weight === 1 ? 2 : 1);
    expect(drawn.at(-1)).toBe(`goto endpoint-default/web/tcp4__${weight === 1 ? remote.address : local.address}/8080`);
  });

  it('has the timeout in the rule', () => {
    const fields = { ...web, sessionAffinityConfig: { clientIP: { timeoutSeconds: 90 } } };
    expect(rules(contribution(fields, local), 'endpoint-default/web/tcp4__10.244.0.1/8080')?.[0]).toBe(
      'update @affinity-clients-default/web/tcp4__10.244.0.1/8080 { ip saddr timeout 90s }',
    );
  });

  it('remembers local endpoints alone where traffic must stay', () => {
    const made = contribution({ ...web, internalTrafficPolicy: 'Local' }, local, remote);
    expect(chainNames(made)).toEqual(['endpoint-default/web/tcp4__10.244.0.1/8080', 'local-affinity-default/web/tcp4']);
    expect(made.elements[0]?.element.value).toEqual({ kind: 'goto', chain: 'local-affinity-default/web/tcp4' });
  });

  it('shares its sets among all frontends', () => {
    const made = contribution({ ...open, loadBalancerIPs: ['203.0.113.1'], externalIPs: ['192.0.2.1'] }, local, remote);
    expect(made.ownSets).toHaveLength(2);
    expect(rules(made, 'external-affinity-default/web/tcp4')).toEqual([
      'jump mark-for-masquerade',
      'goto affinity-default/web/tcp4',
    ]);
    expect(made.elements.map(({ element }) => element.value)).toEqual([
      { kind: 'goto', chain: 'affinity-default/web/tcp4' },
      ...Array.from({ length: 3 }, () => ({ kind: 'goto', chain: 'external-affinity-default/web/tcp4' })),
    ]);
  });

  it('goes on to the check that drops where no endpoint is here', () => {
    const made = contribution({ ...open, externalTrafficPolicy: 'Local' }, remote);
    expect(rules(made, 'external-local-affinity-default/web/tcp4')?.at(-1)).toBe(
      'fib saddr type local goto affinity-default/web/tcp4',
    );
    expect(made.elements.find(({ set }) => set === 'no-endpoint-nodeports4')?.element.value).toEqual({ kind: 'drop' });
  });

  it('has nothing of its own without endpoints', () => {
    const made = contribution(open);
    expect(made).toMatchObject({ ownChains: [], ownSets: [] });
    expect(made.elements.map(({ set }) => set)).toEqual(['no-endpoints4', 'no-endpoint-nodeports4']);
  });

  it('leads every verdict to a chain there is', () => {
    for (const externalTrafficPolicy of ['Cluster', 'Local']) {
      for (const internalTrafficPolicy of ['Cluster', 'Local']) {
        for (const endpoints of [[local], [remote], [local, remote]]) {
          const fields = { ...open, externalTrafficPolicy, internalTrafficPolicy, loadBalancerIPs: ['203.0.113.1'] };
          const made = contribution(fields, ...endpoints);
          const text = JSON.stringify([made.elements, made.ownChains.map((chain) => chain.rules)]);
          const targets = [...text.matchAll(/"chain":"([^"]+\/[^"]+)"/g)].map((match) => match[1]);
          expect(chainNames(made)).toEqual(expect.arrayContaining(targets));
        }
      }
    }
  });

  it('has names nft accepts, however long those of Kubernetes are', () => {
    const long = 'a'.repeat(63);
    const fields = { ...web, namespace: long, name: long, ports: [{ name: long, port: 80 }], clusterIP: 'fd00:96::1' };
    const endpoints = ['1', '2'].map((last) => `fd00:1111:2222:3333:4444:5555:6666:777${last}`);
    const ports = [{ name: long, port: 65_535 }];
    const [change] = changesOf({
      service: service(fields),
      slices: [slice({ namespace: long, service: long, ports, endpoints })],
    });
    const [plan] = change!.plan!.ports;
    const made = contributionOf(change!.service, plan!, plan!, settings);
    const names = [...chainNames(made), ...made.ownSets.map(({ name }) => name)];
    expect(names).toHaveLength(5);
    expect(new Set(names).size).toBe(5);
    for (const name of names) expect(name).toMatch(/^[A-Za-z][A-Za-z0-9._/-]{0,254}$/);
  });
});
