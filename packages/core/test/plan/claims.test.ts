import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { nodeView, Planner, translateService } from '@nftproxier/core';
import type { ServiceKey, ServiceModel } from '@nftproxier/core';
import { service } from '@nftproxier/core/testing';
import type { ServiceFields } from '@nftproxier/core/testing';
import { addressClaim, Claims, nodePortClaim, ownerClaim } from '../../src/plan/claims.js';
import { frontendTexts, plansOf } from './planned.js';

const older = '2026-01-01T00:00:00Z';
const newer = '2026-01-02T00:00:00Z';

const a = { name: 'a', clusterIP: '10.96.0.1', ports: [80] } satisfies ServiceFields;
const b = { name: 'b', clusterIP: '10.96.0.2', ports: [80] } satisfies ServiceFields;

/** Which frontends Services get, and what they are told they do not. */
function settled(...services: ServiceFields[]): Record<string, { has: string[]; lost: string[] }> {
  const plans = plansOf(services.map(service));
  return Object.fromEntries(
    Object.entries(plans).map(([name, plan]) => {
      const lost = plan.diagnostics.map(({ code, field, message }) => {
        expect(code).toBe('address-conflict');
        return `${field} ${/belongs to Service ([^,]+),/.exec(message)?.[1] ?? '?'}`;
      });
      return [name, { has: frontendTexts(plan), lost }];
    }),
  );
}

describe('two Services that ask for one', () => {
  const address = { externalIPs: ['192.0.2.1'] };
  const field = 'spec.externalIPs';
  const own = (name: string) => `ClusterIP ${name === 'a' ? '10.96.0.1' : '10.96.0.2'}:80`;

  it('address: the older one has it', () => {
    expect(settled({ ...a, ...address, created: newer }, { ...b, ...address, created: older })).toEqual({
      a: { has: [own('a')], lost: [`${field} default/b`] },
      b: { has: [own('b'), 'ExternalIP 192.0.2.1:80'], lost: [] },
    });
  });

  it('address, of one age: the first by name', () => {
    expect(settled({ ...b, ...address, created: older }, { ...a, ...address, created: older })).toEqual({
      a: { has: [own('a'), 'ExternalIP 192.0.2.1:80'], lost: [] },
      b: { has: [own('b')], lost: [`${field} default/a`] },
    });
  });

  it('address: one without age comes last', () => {
    expect(settled({ ...a, ...address }, { ...b, ...address, created: newer })).toMatchObject({
      a: { lost: [`${field} default/b`] },
    });
  });

  it('address, as an external and as a load balancer’s', () => {
    const services = [
      { ...a, ...address, created: newer },
      { ...b, loadBalancerIPs: ['192.0.2.1'], created: older },
    ];
    expect(settled(...services)).toMatchObject({ a: { lost: [`${field} default/b`] }, b: { lost: [] } });
  });

  it('node port: the older one has it', () => {
    const ports = [{ port: 80, nodePort: 30_000 }];
    expect(settled({ ...a, ports, created: newer }, { ...b, ports, created: older })).toEqual({
      a: { has: [own('a')], lost: ['spec.ports[].nodePort default/b'] },
      b: { has: [own('b'), 'NodePort 30000'], lost: [] },
    });
  });

  it('cluster IP and port: the older one has it', () => {
    expect(settled({ ...a, created: newer }, { ...b, clusterIP: '10.96.0.1', created: older })).toEqual({
      a: { has: [], lost: ['spec.clusterIPs default/b'] },
      b: { has: [own('a')], lost: [] },
    });
  });

  it('cluster IP at different ports: each has its own', () => {
    expect(settled(a, { ...b, clusterIP: '10.96.0.1', ports: [81] })).toEqual({
      a: { has: ['ClusterIP 10.96.0.1:80'], lost: [] },
      b: { has: ['ClusterIP 10.96.0.1:81'], lost: [] },
    });
  });

  const noConflicts: [string, Partial<ServiceFields>, Partial<ServiceFields>][] = [
    [
      'load-balancer address at different ports',
      { loadBalancerIPs: ['203.0.113.1'] },
      { loadBalancerIPs: ['203.0.113.1'], ports: [443] },
    ],
    ['address with different protocols', address, { ...address, ports: [{ port: 80, protocol: 'UDP' }] }],
    [
      'node port with different protocols',
      { ports: [{ port: 80, nodePort: 30_000 }] },
      { ports: [{ port: 80, protocol: 'UDP', nodePort: 30_000 }] },
    ],
    [
      'node port in different families',
      { ports: [{ port: 80, nodePort: 30_000 }] },
      { clusterIP: 'fd00:96::2', ports: [{ port: 80, nodePort: 30_000 }] },
    ],
  ];
  test.each(noConflicts)('%s: no conflict', (_, one, other) => {
    const result = settled({ ...a, ...one }, { ...b, ...other });
    expect([result['a']?.lost, result['b']?.lost]).toEqual([[], []]);
    expect((result['a']?.has.length ?? 0) + (result['b']?.has.length ?? 0)).toBe(4);
  });

  it('number, as a port and as a node port: no conflict', () => {
    expect(settled({ ...a, ports: [30_000] }, { ...b, ports: [{ port: 80, nodePort: 30_000 }] })).toMatchObject({
      a: { lost: [] },
      b: { lost: [] },
    });
  });
});

describe('the owner of a cluster IP', () => {
  const taker = { ...b, created: older, externalIPs: ['10.96.0.1'], loadBalancerIPs: ['10.96.0.1'] };

  it('keeps it from those who want it from outside, though they are older', () => {
    expect(settled({ ...a, created: newer }, taker)).toEqual({
      a: { has: ['ClusterIP 10.96.0.1:80'], lost: [] },
      b: { has: ['ClusterIP 10.96.0.2:80'], lost: ['status.loadBalancer.ingress default/a'] },
    });
  });

  it('keeps it at ports and protocols it does not use', () => {
    const ports = [{ port: 53, protocol: 'UDP' }];
    expect(settled({ ...a, created: newer }, { ...taker, ports, loadBalancerIPs: [] })).toMatchObject({
      a: { has: ['ClusterIP 10.96.0.1:80'] },
      b: { has: ['ClusterIP 10.96.0.2:53'], lost: ['spec.externalIPs default/a'] },
    });
  });
});

describe('when what two ask for changes', () => {
  const wanting = (fields: ServiceFields, changes: Partial<ServiceFields> = {}) =>
    service({ ...fields, externalIPs: ['192.0.2.1'], created: fields.name === 'a' ? older : newer, ...changes });
  const external = (planner: Planner): string[] =>
    [...planner.plans]
      .filter(([, plan]) => frontendTexts(plan).some((text) => text.includes('192.0.2.1')))
      .map(([key]) => key);
  const changed = (planner: Planner): string[] => planner.takeChanges().map((change) => change.service);

  function both(): Planner {
    const planner = new Planner(nodeView('here'));
    planner.replaceServices([wanting(a), wanting(b)]);
    expect(changed(planner)).toEqual(['default/a', 'default/b']);
    expect(external(planner)).toEqual(['default/a']);
    return planner;
  }

  const releases: [string, (planner: Planner) => void][] = [
    ['is deleted', (planner) => planner.deleteService(wanting(a))],
    ['no longer asks', (planner) => planner.setService(service({ ...a, created: older }))],
    ['asks at another port', (planner) => planner.setService(wanting(a, { ports: [81] }))],
    ['is made anew, and younger', (planner) => planner.setService(wanting(a, { created: '2026-01-03T00:00:00Z' }))],
    ['is no longer proxied', (planner) => planner.setService(wanting(a, { clusterIP: 'None' }))],
    ['is not in the next full list', (planner) => planner.replaceServices([wanting(b)])],
  ];
  test.each(releases)('the other wins where the first %s', (_, release) => {
    const planner = both();
    release(planner);
    expect(changed(planner)).toEqual(['default/a', 'default/b']);
    expect(external(planner)).toContain('default/b');
    expect(planner.plans.get('default/b' as ServiceKey)?.diagnostics).toEqual([]);
  });

  it('an older one that comes later wins', () => {
    const planner = new Planner(nodeView('here'));
    planner.setService(wanting(b));
    expect(changed(planner)).toEqual(['default/b']);
    planner.setService(wanting(a));
    expect(changed(planner)).toEqual(['default/a', 'default/b']);
    expect(external(planner)).toEqual(['default/a']);
  });

  it('one that asks in vain, or stops, disturbs nobody', () => {
    const planner = both();
    planner.setService(wanting(b, { ports: [81] }));
    expect(changed(planner)).toEqual(['default/b']);
    planner.setService(wanting(b));
    expect(changed(planner)).toEqual(['default/b']);
    planner.deleteService(wanting(b));
    expect(changed(planner)).toEqual(['default/b']);
    expect(external(planner)).toEqual(['default/a']);
  });

  it('the owner of a cluster IP that comes and goes gives and takes', () => {
    const planner = new Planner(nodeView('here'));
    const owner = service({ name: 'owner', clusterIP: '192.0.2.1', ports: [443] });
    planner.setService(wanting(a));
    planner.takeChanges();
    expect(external(planner)).toEqual(['default/a']);
    planner.setService(owner);
    expect(changed(planner)).toEqual(['default/a', 'default/owner']);
    expect(external(planner)).toEqual(['default/owner']);
    planner.deleteService(owner);
    expect(changed(planner)).toEqual(['default/a', 'default/owner']);
    expect(external(planner)).toEqual(['default/a']);
  });

  it('the gate for external IPs gives and takes', () => {
    const planner = both();
    planner.setService(service({ ...b, loadBalancerIPs: ['192.0.2.1'], created: newer }));
    planner.takeChanges();
    expect(external(planner)).toEqual(['default/a']);
    planner.setNode(nodeView('here', { allowExternalIPs: false }));
    expect(changed(planner)).toEqual(['default/a', 'default/b']);
    expect(external(planner)).toEqual(['default/b']);
    planner.setNode(nodeView('here'));
    planner.takeChanges();
    expect(external(planner)).toEqual(['default/a']);
  });
});

describe('Claims', () => {
  const claim = addressClaim('192.0.2.1', 'TCP', 80);

  function model(index: number, created: number, clusterIP = `10.96.1.${String(index)}`): ServiceModel {
    const creationTimestamp = new Date(created * 1000).toISOString();
    const fields = { name: `s${String(index)}`, clusterIP, created: creationTimestamp, externalIPs: ['192.0.2.1'] };
    return translateService(service({ ...fields, ports: [{ port: 80, nodePort: 30_000 }] })).model!;
  }

  it('forgets everything that is withdrawn', () => {
    const claims = new Claims(true);
    const models = [1, 2, 3].map((index) => model(index, index));
    for (const each of models) claims.replace(undefined, each);
    for (const each of models) claims.replace(each, undefined);
    const asked = [claim, ownerClaim('10.96.1.1'), nodePortClaim('IPv4', 'TCP', 30_000)];
    expect(asked.map((each) => claims.holderOf('default/x' as ServiceKey, each))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('settles as a comparison of all would, and names all whose lot changes', () => {
    const step = fc.record({ index: fc.nat(4), created: fc.nat(3), gone: fc.boolean(), owner: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const claims = new Claims(true);
        const known = new Map<ServiceKey, ServiceModel>();
        for (const { index, created, gone, owner } of steps) {
          const next = model(index, created, owner ? '192.0.2.1' : undefined);
          const before = lots(known, claims);
          const disturbed = claims.replace(known.get(next.key), gone ? undefined : next);
          if (gone) known.delete(next.key);
          else known.set(next.key, next);
          const after = lots(known, claims);
          expect(first(after)).toBe(best([...known.values()])?.key);
          const others = [...known.keys()].filter((key) => key !== next.key && before.has(key));
          const moved = others.filter((key) => before.get(key) !== after.get(key));
          expect([...disturbed]).toEqual(expect.arrayContaining(moved));
          expect(disturbed.has(next.key)).toBe(false);
        }
      }),
    );
  });

  /** What each Service is told of the claim: who has it instead. */
  function lots(known: ReadonlyMap<ServiceKey, ServiceModel>, claims: Claims): Map<ServiceKey, ServiceKey | undefined> {
    return new Map([...known.keys()].map((key) => [key, claims.holderOf(key, claim)]));
  }

  function first(of: ReadonlyMap<ServiceKey, ServiceKey | undefined>): ServiceKey | undefined {
    const [winner, ...more] = [...of].filter(([, holder]) => holder === undefined);
    expect(more).toEqual([]);
    return winner?.[0];
  }

  function best(models: readonly ServiceModel[]): ServiceModel | undefined {
    const order = (each: ServiceModel): string =>
      `${each.ports[0]?.clusterIP === '192.0.2.1' ? '0' : '1'} ${String(each.created).padStart(8, '0')} ${each.key}`;
    return [...models].sort((one, other) => (order(one) < order(other) ? -1 : 1))[0];
  }
});
