import type { ServiceKey } from '@nftproxier/core';
import type { RefusedService } from '@nftproxier/nft';

/** Tells Services that were refused just now, or for another reason than before, from those that were tried again in vain. */
export class Refusals {
  readonly #known = new Map<ServiceKey, string>();

  /** Of those that a sync was refused, the ones that are news; `all` are those refused after it. */
  news(refused: readonly RefusedService[], all: ReadonlyMap<ServiceKey, RefusedService>): readonly RefusedService[] {
    for (const service of this.#known.keys()) if (!all.has(service)) this.#known.delete(service);
    const news = refused.filter(({ service, error }) => this.#known.get(service) !== error.message);
    for (const { service, error } of refused) this.#known.set(service, error.message);
    return news;
  }
}
