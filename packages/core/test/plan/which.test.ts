import { describe, expect, it } from 'vitest';
import { whichEndpoint } from '@nftproxier/core';
import type { ServicePortPlan } from '@nftproxier/core';
import { service, slice } from '@nftproxier/core/testing';
import type { ServiceFields } from '@nftproxier/core/testing';
import { planned } from './planned.js';

function portOf(
  fields: Partial<ServiceFields>,
  endpoints: readonly string[] = ['10.244.0.1', '10.244.0.2', '10.244.0.3'],
) {
  const web = service({ name: 'web', clusterIP: '10.96.0.1', ports: [80], ...fields });
  const slices = [slice({ service: 'web', ports: [8080], addressType: 'IPv4', endpoints })];
  return planned(web, slices).ports[0]!;
}

const hashed = (algorithm: string, hashKey = 'client') => ({
  annotations: { 'nftproxier.io/algorithm': algorithm, 'nftproxier.io/hash-key': hashKey },
});

const ask = (port: ServicePortPlan, address: string, sourcePort?: number) =>
  whichEndpoint(port, port.frontends[0]!, { address, ...(sourcePort !== undefined && { port: sourcePort }) });

describe('whichEndpoint', () => {
  it.each(['source-hash', 'maglev'])('knows the backend of a client, and sends others elsewhere: %s', (algorithm) => {
    const port = portOf(hashed(algorithm));
    const clients = Array.from({ length: 300 }, (_, index) => `192.0.2.${String(index % 256)}`);
    const answers = clients.map((client) => ask(port, client));
    expect(answers.every(({ kind }) => kind === 'backend')).toBe(true);
    expect(clients.map((client) => ask(port, client))).toEqual(answers);
    const used = new Set(answers.map((answer) => (answer.kind === 'backend' ? answer.backend.address : '')));
    expect([...used].sort()).toEqual(['10.244.0.1', '10.244.0.2', '10.244.0.3']);
  });

  it('knows where a client begins with session affinity', () => {
    const [port, sticky] = [{}, { sessionAffinity: 'ClientIP' }].map((more) =>
      portOf({ ...hashed('maglev'), ...more }),
    );
    expect(ask(sticky!, '192.0.2.1')).toEqual(ask(port!, '192.0.2.1'));
    expect(ask(portOf({ sessionAffinity: 'ClientIP' }), '192.0.2.1')).toMatchObject({ kind: 'any' });
  });

  it('needs the source port where it is hashed', () => {
    const port = portOf(hashed('maglev', 'client-and-port'));
    expect(ask(port, '192.0.2.1')).toMatchObject({ kind: 'any', backends: [{}, {}, {}] });
    const answers = Array.from({ length: 64 }, (_, index) => ask(port, '192.0.2.1', 40_000 + index));
    expect(new Set(answers.map((answer) => (answer.kind === 'backend' ? answer.backend.address : ''))).size).toBe(3);
  });

  it('says between which backends chance decides', () => {
    expect(ask(portOf({}), '192.0.2.1')).toMatchObject({ kind: 'any', backends: [{}, {}, {}] });
    const only = { backend: { address: '10.244.0.1', port: 8080 }, slot: 0, slots: 1 };
    expect(ask(portOf({}, ['10.244.0.1']), '192.0.2.1')).toMatchObject({ kind: 'backend', ...only });
  });

  it('says what happens where no backend may be used', () => {
    expect(ask(portOf({}, []), '192.0.2.1')).toEqual({ kind: 'reject' });
    expect(ask(portOf({ internalTrafficPolicy: 'Local' }), '192.0.2.1')).toEqual({ kind: 'drop' });
  });

  it('looks at the list that the origin of the client leads to', () => {
    const open = { ...hashed('maglev'), externalIPs: ['192.0.2.9'], externalTrafficPolicy: 'Local' };
    const port = portOf(open);
    const external = port.frontends.find(({ kind }) => kind === 'ExternalIP')!;
    expect(whichEndpoint(port, external, { address: '192.0.2.1' })).toEqual({ kind: 'drop' });
    expect(whichEndpoint(port, external, { address: '192.0.2.1' }, 'node').kind).toBe('backend');
  });

  it('is the same whatever the order in which endpoints came', () => {
    const [one, other] = [
      ['10.244.0.1', '10.244.0.2', '10.244.0.3'],
      ['10.244.0.3', '10.244.0.1', '10.244.0.2'],
    ].map((endpoints) => portOf(hashed('maglev'), endpoints));
    for (let last = 0; last < 100; last += 1) {
      const client = `198.51.100.${String(last)}`;
      expect(ask(one!, client)).toEqual(ask(other!, client));
    }
  });
});

describe('the algorithm of a plan', () => {
  it('is what the Service asks for, and otherwise that of the node', () => {
    const balancing = { algorithm: 'maglev', hashKey: 'client-and-port', hashSeed: 9 } as const;
    const of = (annotations: Record<string, string>) =>
      planned(service({ name: 'web', clusterIP: '10.96.0.1', ports: [80], annotations }), [], { balancing }).ports[0]!
        .algorithm;
    expect(of({})).toEqual({ kind: 'maglev', hashKey: 'client-and-port', seed: 9 });
    expect(of({ 'nftproxier.io/hash-key': 'client', 'nftproxier.io/table-size': '7' })).toEqual({
      kind: 'maglev',
      hashKey: 'client',
      seed: 9,
      tableSize: 7,
    });
    expect(of({ 'nftproxier.io/algorithm': 'weighted' })).toEqual({ kind: 'weighted' });
    expect(of({ 'nftproxier.io/algorithm': 'wheighted' })).toEqual({ kind: 'random' });
  });

  it('has backends with the weights of their slices', () => {
    const annotations = { 'nftproxier.io/weights': '10.244.0.1=0,3' };
    const slices = [slice({ service: 'web', annotations, ports: [8080], endpoints: ['10.244.0.1', '10.244.0.2'] })];
    const web = service({ name: 'web', clusterIP: '10.96.0.1', ports: [80] });
    expect(planned(web, slices).ports[0]!.cluster.map(({ weight }) => weight)).toEqual([0, 3]);
  });
});
