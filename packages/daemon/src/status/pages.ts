import type { ServiceKey, ServicePlan } from '@nftproxier/core';
import { parseSearch } from './search.js';
import { summaryOf } from './services.js';
import type { Services, ServiceSummary } from './services.js';
import { walk } from './walk.js';
import type { Pause } from './walk.js';

/** Which part of the list of Services to show. */
export interface ListRequest {
  /** See `parseSearch`; empty for all. */
  readonly search: string;
  /** Those that come after this name, or before it; from the beginning if neither is given. */
  readonly from: { readonly after: string } | { readonly before: string };
  readonly limit: number;
}

/** A page of the list of Services, in the order of their names. */
export interface ServiceList {
  /** Services there are. */
  readonly total: number;
  /** Those that were searched for. */
  readonly matches: number;
  /** How many of these come before the page. */
  readonly skipped: number;
  readonly services: readonly ServiceSummary[];
  /** `after` of the next page; absent on the last. */
  readonly next?: string;
  /** `before` of the page before this one; absent on the first. */
  readonly previous?: string;
}

/** One page. Pages are found by name, not by number: they stay what they are while Services come and go. */
export async function listServices(
  proxy: Pick<Services, 'cluster' | 'loader'>,
  { search, from, limit }: ListRequest,
  pause: Pause,
): Promise<ServiceList> {
  const { plans } = proxy.cluster().planner;
  const isMatch = parseSearch(search);
  const forward = 'after' in from;
  const found = new Nearest(limit, forward);
  let matches = 0;
  let before = 0;
  await walk(
    plans.values(),
    (plan) => {
      if (!isMatch(plan)) return;
      matches += 1;
      const { service } = plan;
      if (forward ? service > from.after : service < from.before) found.offer(service);
      if (forward ? service <= from.after : service < from.before) before += 1;
    },
    pause,
  );
  const services = found.keys.flatMap((key) => summaryIfThere(proxy, plans.get(key)));
  const skipped = forward ? before : Math.max(0, before - services.length);
  const [first, last] = [services[0], services.at(-1)];
  return {
    total: plans.size,
    matches,
    skipped,
    services,
    ...(last !== undefined && skipped + services.length < matches ? { next: last.service } : {}),
    ...(first !== undefined && skipped > 0 ? { previous: first.service } : {}),
  };
}

/** A Service may go while others are looked at. */
function summaryIfThere(proxy: Pick<Services, 'loader'>, plan: ServicePlan | undefined): readonly ServiceSummary[] {
  return plan === undefined ? [] : [summaryOf(proxy, plan)];
}

/** The first or last few of many names, in order: the others are not sorted, only passed over. */
class Nearest {
  readonly #limit: number;
  readonly #first: boolean;
  readonly #keys: ServiceKey[] = [];

  constructor(limit: number, first: boolean) {
    this.#limit = limit;
    this.#first = first;
  }

  get keys(): readonly ServiceKey[] {
    return this.#keys;
  }

  offer(key: ServiceKey): void {
    const keys = this.#keys;
    let [low, high] = [0, keys.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((keys[middle] ?? '') < key) low = middle + 1;
      else high = middle;
    }
    // A map that changes while it is walked may show the same Service twice.
    if (keys[low] === key) return;
    if (keys.length === this.#limit && low === (this.#first ? this.#limit : 0)) return;
    keys.splice(low, 0, key);
    if (keys.length > this.#limit) keys.splice(this.#first ? this.#limit : 0, 1);
  }
}
