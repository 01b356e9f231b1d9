import { Planner, nodeView } from '@nftproxier/core';
import { Loader, TableLostError, defaultTableSettings } from '@nftproxier/nft';
import type { Applied, LoadTarget } from '@nftproxier/nft';
import { objectsOf } from './objects.js';
import type { FileServices } from './objects.js';

const network = { nodePortAddresses: [], serviceCIDRs: [] };

/**
 * Keeps nftables as a file of services says. Each state is given whole; only what differs from the one before is planned
 * and written.
 */
export class FileController {
  readonly #planner = new Planner(nodeView('this'));
  readonly #loader: Loader;
  #written: FileServices = {};

  constructor(target: LoadTarget) {
    this.#loader = new Loader(target);
  }

  /** Makes the kernel serve these services. To be called again after an error: it goes on where it stopped. */
  async serve(services: FileServices): Promise<Applied> {
    for (const [name, service] of Object.entries(services)) {
      if (JSON.stringify(service) === JSON.stringify(this.#written[name])) continue;
      const [object, slice] = objectsOf(name, service);
      this.#planner.setService(object);
      this.#planner.setEndpointSlice(slice);
    }
    for (const name of Object.keys(this.#written).filter((gone) => !(gone in services))) {
      const metadata = { namespace: 'file', name };
      this.#planner.deleteService({ metadata });
      this.#planner.deleteEndpointSlice({ metadata });
    }
    this.#written = services;
    return this.#write();
  }

  async #write(): Promise<Applied> {
    const changes = this.#planner.takeChanges();
    try {
      return await this.#loader.apply(changes);
    } catch (error) {
      // The first time there is no table, and somebody may delete it later: load everything.
      if (!(error instanceof TableLostError)) {
        this.#loader.distrust();
        throw error;
      }
      const plans = this.#planner.plans.values();
      return this.#loader.replace({ settings: defaultTableSettings, network, plans });
    }
  }
}
