// A user's program in JavaScript, run by scripts/check-packages.mjs in a project that has nothing but the tarballs.
import assert from 'node:assert/strict';
import { Planner, nodeView, withDefaults } from '@nftproxier/core';
import { service, slice } from '@nftproxier/core/testing';
import { createClusterSource, services } from '@nftproxier/daemon/reflector';
import {
  Loader,
  defaultTableSettings,
  parseDestination,
  prepareTable,
  renderTrace,
  renderTransaction,
  tracePacket,
} from '@nftproxier/nft';
import { FakeNft, createFakeLoadTarget, playScenario } from '@nftproxier/nft/testing';

const web = withDefaults({
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { clusterIP: '10.96.0.80', ports: [{ port: 80 }] },
});
const endpoints = slice({ service: 'web', ports: [8080], endpoints: ['10.244.1.7', '10.244.2.9'] });
const planner = new Planner(nodeView('node-a'));
planner.setService(web);
planner.setEndpointSlice(endpoints);
planner.takeChanges();
const desired = {
  settings: defaultTableSettings,
  network: { nodePortAddresses: [], serviceCIDRs: [] },
  plans: planner.plans.values(),
};

// Rendered.
const { text } = renderTransaction(prepareTable({ ...desired, plans: [...planner.plans.values()] }).transaction);
assert.match(text, /10\.96\.0\.80 \. tcp \. 80 : goto pick-tcp4-2/);

// Loaded into the fake, and traced.
const fake = new FakeNft();
await new Loader(createFakeLoadTarget(fake)).replace(desired);
const packet = { from: '10.244.1.5', arrives: { kind: 'interface', name: 'cni0' } };
const trace = tracePacket(fake, { ...packet, ...parseDestination('10.96.0.80:80/tcp') }, { localAddresses: [] });
assert.deepEqual(
  trace.endpoints.map(({ address }) => address),
  ['10.244.1.7', '10.244.2.9'],
);
assert.match(renderTrace(trace), /=> 50\.0 % to 10\.244\.1\.7:8080/);

// Played.
const failures = await playScenario({
  title: 'a user',
  node: { name: 'node-a' },
  objects: [service({ name: 'web', clusterIP: '10.96.0.80', ports: [80] }), endpoints],
  packets: [{ from: '10.244.1.5', to: '10.96.0.80:80/tcp', by: ['10.244.1.7:8080', '10.244.2.9:8080'] }],
});
assert.deepEqual(failures, []);

// The reflector is there.
assert.equal(typeof createClusterSource, 'function');
assert.equal(typeof services, 'object');
