import { readFileSync } from 'node:fs';
import { Planner, nodeView, withDefaults } from '@nftproxier/core';
import type { KubernetesObject } from '@nftproxier/core';
import { defaultTableSettings, prepareTable, renderTransaction } from '@nftproxier/nft';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';

const manifest = readFileSync(new URL('manifests/web.yaml', import.meta.url), 'utf8');

test('the ruleset of node-a is the one that was reviewed', async () => {
  const objects = parseAllDocuments(manifest).map((document) => withDefaults(document.toJS() as KubernetesObject));
  const planner = new Planner(nodeView('node-a'));
  for (const object of objects) {
    if (object.kind === 'Service') planner.setService(object);
    if (object.kind === 'EndpointSlice') planner.setEndpointSlice(object);
  }
  planner.takeChanges();

  const { transaction } = prepareTable({
    settings: defaultTableSettings,
    network: { nodePortAddresses: [], serviceCIDRs: [] },
    plans: planner.plans.values(),
  });
  await expect(renderTransaction(transaction).text).toMatchFileSnapshot('library.nft');
});
