import { readFileSync } from 'node:fs';
import type { KubernetesObject } from '@nftproxier/core';
import { playScenario, service, slice } from '@nftproxier/nft/testing';
import type { Scenario } from '@nftproxier/nft/testing';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8');

test('your manifests, and packets from a file', async () => {
  const objects = parseAllDocuments(read('objects.yaml')).map((document) => document.toJS() as KubernetesObject);
  const scenario = parse(read('scenario.yaml')) as Omit<Scenario, 'objects'>;
  expect(await playScenario({ ...scenario, objects })).toEqual([]);
});

test('objects that are built in the test', async () => {
  const failures = await playScenario({
    title: 'a client stays with its pod',
    node: { name: 'node-a', addresses: ['192.0.2.1'] },
    objects: [
      service({ name: 'cart', clusterIP: '10.96.0.20', ports: [80], sessionAffinity: 'ClientIP' }),
      slice({ service: 'cart', ports: [8080], endpoints: ['10.244.1.7', '10.244.2.9'] }),
    ],
    packets: [{ from: '10.244.1.5', to: '10.96.0.20:80/tcp', by: ['10.244.1.7:8080', '10.244.2.9:8080'], same: true }],
  });
  expect(failures).toEqual([]);
});

test('a failure says which rule decided', async () => {
  const [failure] = await playScenario({
    title: 'a wrong port',
    node: { name: 'node-a' },
    objects: [
      service({ name: 'web', clusterIP: '10.96.0.80', ports: [80] }),
      slice({ service: 'web', ports: [8080], endpoints: ['10.244.1.7'] }),
    ],
    packets: [{ from: '10.244.1.5', to: '10.96.0.80:8080/tcp', by: ['10.244.1.7:8080'] }],
  });
  expect(failure?.fault).toBe('expected answered, the trace says rejected');
  expect(failure?.trace).toContain('ip daddr @cluster-ips4');
});
