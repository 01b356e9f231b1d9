// A user's program in strict TypeScript, compiled and run by scripts/check-packages.mjs with nothing but the tarballs.
import { Planner, nodeView } from '@nftproxier/core';
import type { PlanChange, Service, ServicePlan } from '@nftproxier/core';
import { services } from '@nftproxier/daemon/reflector';
import type { Resource } from '@nftproxier/daemon/reflector';
import { Loader, TableLostError, defaultTableSettings } from '@nftproxier/nft';
import type { Applied, DesiredTable, Transaction } from '@nftproxier/nft';
import { FakeNft, createFakeLoadTarget, playScenario, service, slice } from '@nftproxier/nft/testing';
import type { Scenario, ScenarioFailure } from '@nftproxier/nft/testing';

const planner = new Planner(nodeView('node-a', { zone: 'east' }));
planner.setService(service({ name: 'web', clusterIP: '10.96.0.80', ports: [80] }));
planner.setEndpointSlice(slice({ service: 'web', ports: [8080], endpoints: ['10.244.1.7'] }));
const changes: readonly PlanChange[] = planner.takeChanges();
const plans: readonly ServicePlan[] = changes.flatMap(({ plan }) => plan ?? []);

const loader = new Loader(createFakeLoadTarget(new FakeNft()));
const lost: unknown = await loader.apply(changes).catch((error: unknown) => error);
if (!(lost instanceof TableLostError)) throw new Error('there is no table yet, and apply should say so');
const network: DesiredTable['network'] = { nodePortAddresses: [], serviceCIDRs: [] };
const applied: Applied = await loader.replace({ settings: defaultTableSettings, network, plans });
if (applied.refused.length > 0) throw new Error('nothing should be refused');

const firewall: Transaction = { table: 'mine', operations: [{ op: 'add-table' }] };
await new FakeNft().apply(firewall);

const scenario: Scenario = {
  title: 'a user',
  node: 'node-a',
  objects: [service({ name: 'web', clusterIP: '10.96.0.80', ports: [80] })],
  packets: [{ from: '10.244.1.5', to: '10.96.0.80:80/tcp', expect: 'rejected' }],
};
const failures: readonly ScenarioFailure[] = await playScenario(scenario);
if (failures.length > 0) throw new Error(failures.map(({ fault }) => fault).join());

const resource: Resource<Service> = services;
if (resource.kind !== 'Service') throw new Error('the reflector should know Services');
