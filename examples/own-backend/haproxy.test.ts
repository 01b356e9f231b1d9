import { Planner, nodeView } from '@nftproxier/core';
import { service, slice } from '@nftproxier/core/testing';
import { expect, test } from 'vitest';
import { haproxySections } from './haproxy.js';

function planned(fields: Partial<Parameters<typeof service>[0]>, endpoints: readonly string[]): string {
  const planner = new Planner(nodeView('node-a'));
  planner.setService(service({ name: 'web', clusterIP: '10.96.0.80', ports: [80], ...fields }));
  planner.setEndpointSlice(slice({ service: 'web', ports: [8080], endpoints, addressType: 'IPv4' }));
  const [change] = planner.takeChanges();
  return change?.plan === undefined ? '' : haproxySections(change.plan).join('\n');
}

test('a Service becomes a listener over its endpoints', () => {
  expect(planned({}, ['10.244.1.7', '10.244.2.9'])).toBe(
    `listen default.web--ClusterIP-10.96.0.80-80
  bind 10.96.0.80:80
  balance random
  server backend-0 10.244.1.7:8080
  server backend-1 10.244.2.9:8080
`,
  );
});

test('source ranges and session affinity are decided by core, and said in the words of HAProxy', () => {
  const fields = {
    type: 'LoadBalancer',
    sessionAffinity: 'ClientIP',
    loadBalancerIPs: ['203.0.113.10'],
    loadBalancerSourceRanges: ['198.51.100.0/24'],
  };
  const text = planned(fields, ['10.244.1.7']);
  expect(text).toContain('  bind 203.0.113.10:80\n  tcp-request connection reject unless { src 198.51.100.0/24 }\n');
  expect(text).toContain('  stick-table type ip size 100k expire 10800s\n  stick on src\n');
});

test('a Service without endpoints refuses', () => {
  expect(planned({}, [])).toContain('  tcp-request connection reject\n');
});
