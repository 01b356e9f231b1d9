import { activationOperations, skeletonOperations } from '../ruleset/skeleton.js';
import type { Transaction } from '../syntax/index.js';
import { TableModel } from '../table/model.js';
import type { DesiredTable } from './loader.js';
import { tableNames } from './tables.js';
import type { TableName } from './tables.js';

/** A table worked out, but not loaded. */
export interface PreparedTable {
  /** What the table would hold. */
  readonly model: TableModel;
  /** The whole table, in place of one with its name: for {@link renderTransaction}, or for a target. */
  readonly transaction: Transaction;
}

/**
 * Works out a whole table as one transaction: to look at, to compare, or to trace packets through. To load one into a
 * kernel, {@link Loader.replace} is better: it loads big tables in portions and lets no packet meet an empty table.
 *
 * @example
 * ```ts
 * import { Planner, nodeView } from '@nftproxier/core';
 * import { service, slice } from '@nftproxier/core/testing';
 * import { defaultTableSettings, prepareTable, renderTransaction } from '@nftproxier/nft';
 *
 * const planner = new Planner(nodeView('node-a'));
 * planner.setService(service({ name: 'web', clusterIP: '10.96.0.80', ports: [80] }));
 * planner.setEndpointSlice(slice({ service: 'web', ports: [8080], endpoints: ['10.244.1.7'] }));
 * planner.takeChanges();
 *
 * const { transaction } = prepareTable({
 *   settings: defaultTableSettings,
 *   network: { nodePortAddresses: [], serviceCIDRs: [] },
 *   plans: planner.plans.values(),
 * });
 * const { text } = renderTransaction(transaction);
 * text.includes('10.96.0.80 . tcp . 80 : goto pick-tcp4-1'); // => true
 * ```
 *
 * @throws {@link RenderError} only when the transaction is rendered, never here.
 */
export function prepareTable(
  { settings, network, plans }: DesiredTable,
  name: TableName = tableNames[0],
): PreparedTable {
  const model = new TableModel(settings);
  const changes = [...plans].map((plan) => ({ service: plan.service, plan }));
  const services = model.prepare(changes, { grouped: true });
  services.commit();
  const addresses = model.prepareNetwork(network);
  addresses.commit();
  const operations = [
    { op: 'add-table' } as const,
    { op: 'delete-table' } as const,
    ...skeletonOperations(settings),
    ...services.operations,
    ...addresses.operations,
    ...activationOperations(settings),
  ];
  return { model, transaction: { table: name, operations } };
}
