import { afterEach, describe, expect, it } from 'vitest';
import { nodeView } from '@nftproxier/core';
import type { NodeView } from '@nftproxier/core';
import { createLab } from '../lab/index.js';
import type { Lab } from '../lab/index.js';
import { WholePath } from './path.js';
import { reportRow } from './scorecard.js';

let lab: Lab | undefined;
afterEach(async () => {
  await lab?.close();
  lab = undefined;
});

const endpoints = { good: '10.244.1.31', evil: '10.244.1.66' } as const;

/** A Service with one endpoint, older or younger than another. */
function objects(
  name: 'good' | 'evil',
  clusterIP: string,
  spec: object,
  ingress: readonly string[] = [],
): readonly [object, object] {
  return [
    {
      kind: 'Service',
      metadata: {
        namespace: name,
        name,
        // The attacker is the older one: age does not help against who owns an address.
        creationTimestamp: name === 'evil' ? '2025-01-01T00:00:00Z' : '2026-01-01T00:00:00Z',
      },
      spec: { type: 'LoadBalancer', clusterIP, clusterIPs: [clusterIP], ports: [{ port: 80 }], ...spec },
      status: { loadBalancer: { ingress: ingress.map((ip) => ({ ip })) } },
    },
    {
      kind: 'EndpointSlice',
      metadata: { namespace: name, name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: [{ name: '', protocol: 'TCP', port: 8080 }],
      endpoints: [{ addresses: [endpoints[name]], conditions: { ready: true } }],
    },
  ];
}

interface Setting {
  readonly path: WholePath;
  readonly lab: Lab;
}

async function open(view: Partial<NodeView>, ...all: readonly (readonly [object, object])[]): Promise<Setting> {
  const opened = await createLab();
  lab = opened;
  const path = new WholePath(opened.namespace('node-a'), {});
  path.cluster.planner.setNode(nodeView('node-a', view));
  await opened.serve(Object.values(endpoints).map((address) => ({ address, port: 8080, protocol: 'TCP' as const })));
  path.replace(
    'Service',
    all.map(([service]) => service),
  );
  path.replace(
    'EndpointSlice',
    all.map(([, slice]) => slice),
  );
  await path.sync();
  return { path, lab: opened };
}

/** Who answers at an address: an endpoint, or how a connection ended. */
async function answerers({ lab: at }: Setting, address: string, source?: string): Promise<readonly string[]> {
  const { tries } = await at.probe('client', {
    address,
    port: 80,
    protocol: 'TCP',
    tries: 20,
    timeoutMs: 1_500,
    ...(source === undefined ? {} : { source }),
  });
  return [...new Set(tries.map(({ answer, outcome }) => answer?.address ?? outcome))];
}

describe('row 21: addresses that belong to others', () => {
  for (const [what, evil] of Object.entries({
    'an external IP': objects('evil', '10.96.0.66', { externalIPs: ['10.96.0.10'] }),
    'a load-balancer IP': objects('evil', '10.96.0.66', {}, ['10.96.0.10']),
  })) {
    it(`a cluster IP is not given away to ${what} of an older Service`, async () => {
      const setting = await open({}, objects('good', '10.96.0.10', {}), evil);
      const seen = await answerers(setting, '10.96.0.10');
      const said = setting.path.diagnostics.filter(({ code }) => code === 'address-conflict');
      reportRow({
        row: 21,
        case: `the cluster IP of another Service as ${what} of an older one`,
        n: 20,
        passNumber: 'the owner keeps it; the conflict is reported',
        measured: `${seen.join(', ')} answered, the owner's endpoint is ${endpoints.good}; reported`,
      });
      expect(seen).toEqual([endpoints.good]);
      expect(said.map(({ namespace }) => namespace)).toEqual(['evil']);
    });
  }

  it('an external IP belongs to the Service that had it first', async () => {
    const first = objects('evil', '10.96.0.66', { externalIPs: ['203.0.113.7'] });
    const setting = await open({}, first, objects('good', '10.96.0.10', { externalIPs: ['203.0.113.7'] }));
    const seen = await answerers(setting, '203.0.113.7');
    reportRow({
      row: 21,
      case: 'one external IP of two Services',
      n: 20,
      passNumber: 'the older one keeps it; the conflict is reported',
      measured: `${seen.join(', ')} answered, the older one's endpoint is ${endpoints.evil}; reported`,
    });
    expect(seen).toEqual([endpoints.evil]);
    expect(setting.path.diagnostics.map(({ code, namespace }) => `${code} ${namespace}`)).toContain(
      'address-conflict good',
    );
  });

  const hijack = objects('evil', '10.96.0.66', { externalIPs: ['203.0.113.9'] }, ['203.0.113.9']);
  const apiServer = {
    kind: 'EndpointSlice',
    metadata: { namespace: 'default', name: 'kubernetes', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: 'IPv4',
    ports: [{ name: 'https', protocol: 'TCP', port: 80 }],
    endpoints: [{ addresses: ['203.0.113.9'], conditions: { ready: true } }],
  };

  it('the address and port of an API server are not given away', async () => {
    const setting = await open({}, hijack);
    setting.path.set('EndpointSlice', [apiServer]);
    await setting.path.sync();
    const seen = await answerers(setting, '203.0.113.9');
    const said = setting.path.diagnostics.filter(({ message }) => message.includes('belongs to the API server'));
    reportRow({
      row: 21,
      case: 'the address and port of an API server as external and load-balancer IP',
      n: 20,
      passNumber: 'not given away; the conflict is reported',
      measured: `${seen.join(', ')}; reported`,
    });
    expect(seen).not.toContain(endpoints.evil);
    expect(said.length).toBeGreaterThan(0);
  });

  it('the address and port of an API server are not given away: fails without knowing where it is', async () => {
    expect(await answerers(await open({}, hijack), '203.0.113.9')).toEqual([endpoints.evil]);
  });

  const withExternal = objects('good', '10.96.0.10', { externalIPs: ['203.0.113.7'] });

  it('external IPs work, and do nothing with AllowServiceExternalIPs off', async () => {
    const on = await answerers(await open({}, withExternal), '203.0.113.7');
    await lab?.close();
    const off = await answerers(await open({ allowExternalIPs: false }, withExternal), '203.0.113.7');
    reportRow({
      row: 21,
      case: 'an external IP, with AllowServiceExternalIPs on and off',
      n: 40,
      passNumber: 'served; not served',
      measured: `${on.join(', ')}; ${off.join(', ')}`,
    });
    expect(on).toEqual([endpoints.good]);
    expect(off).not.toContain(endpoints.good);
  });

  it('source ranges keep others out of a load-balancer IP, on every address of it', async () => {
    const ranges = { loadBalancerSourceRanges: ['192.0.2.0/24'] };
    const blocked = await open({}, objects('good', '10.96.0.10', ranges, ['203.0.113.7', '203.0.113.8']));
    const seen = [...(await answerers(blocked, '203.0.113.7')), ...(await answerers(blocked, '203.0.113.8'))];
    reportRow({
      row: 21,
      case: 'a client outside of the source ranges, at two load-balancer IPs',
      n: 40,
      passNumber: '0 connections',
      measured: `${String(seen.filter((answer) => answer === endpoints.good).length)} connections`,
    });
    expect(seen).toEqual(['silent', 'silent']);
  });

  it('source ranges keep others out: fails without the check of sources', async () => {
    const unguarded = await open({}, objects('good', '10.96.0.10', {}, ['203.0.113.7']));
    expect(await answerers(unguarded, '203.0.113.7')).toEqual([endpoints.good]);
  });
});
