import { bytesOf } from '../net/index.js';
import { jhash } from './jhash.js';
import { weightsOf } from './weights.js';
import type { Weighted } from './weights.js';

/** An endpoint as Maglev tables tell it from others: address and port are its name. */
export interface TableEndpoint extends Weighted {
  /** In canonical text. */
  readonly address: string;
  /** 1 to 65535. */
  readonly port: number;
}

/** The sizes of Maglev tables: primes, so that every step from 1 to size - 1 leads through all slots. */
export const maglevTableSizes: readonly number[] = [251, 1_021, 4_093, 16_381, 65_521];

/** Slots per endpoint, at least, of a table whose size nobody asked for. */
const slotsPerEndpoint = 25;

/** How far an endpoint may be from its share of slots. Two that are as far apart as can be have a ratio below 1.1. */
const slack = 0.045;

/**
 * How many slots the table of so many endpoints has: the smallest of {@link maglevTableSizes} that is at least the size
 * asked for and the number of endpoints or, where none is asked for, 25 times the number of endpoints. Never more than
 * the largest.
 */
export function maglevTableSize(endpoints: number, wanted = endpoints * slotsPerEndpoint): number {
  const least = Math.max(wanted, endpoints);
  return maglevTableSizes.find((size) => size >= least) ?? 65_521;
}

/**
 * The Maglev table of some endpoints: for each slot the index of the endpoint that has it. The same wherever it is made
 * from the same endpoints in the same order.
 *
 * As in Maglev each endpoint has an order of preference over all slots, which follows from its name and the seed alone.
 * Other than there they do not take turns until all slots are gone, which gives all the same number of slots to one, but
 * moves many slots between endpoints that stay:
 *
 * 1. Each slot goes to the endpoint that ranks it highest. Who that is does not change when others come or go.
 * 2. Who has more than its share by over 4.5 % lets go of the slots it ranks lowest.
 * 3. Who has less by over 4.5 % gets the free slots it ranks highest and, if there are not enough, slots of those who
 *    have more than their share. What is still free goes to anyone who may have more.
 *
 * What is allowed is rounded differently for each endpoint. A weight multiplies the share; who has any gets at least one slot.
 *
 * @param size a prime number of slots.
 * @see Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer", NSDI 2016, section 3.4.
 */
export function maglevTable(endpoints: readonly TableEndpoint[], size: number, seed: number): Uint32Array {
  const candidates = candidatesFor(endpoints, size, seed);
  const table = new Table(candidates, size);
  table.walk(({ weight }) => table.free > 0 && weight > 0);
  for (const candidate of candidates) table.letGo(candidate);
  table.walk(({ load, least }) => table.free > 0 && load < least);
  table.walk(
    ({ load, least }) => load < least,
    (owner) => owner !== undefined && owner.load > Math.max(1, owner.share),
  );
  table.walk(({ load, most }) => table.free > 0 && load < most);
  return Uint32Array.from(table.owners, (owner) => owner?.index ?? 0);
}

/** An endpoint while a table is made: its order of preference is `first`, `first + step`, and so on. */
interface Candidate {
  readonly index: number;
  readonly weight: number;
  readonly first: number;
  readonly step: number;
  /** Slots it is to have, which need not be a whole number, and within which bounds. */
  readonly share: number;
  readonly least: number;
  readonly most: number;
  load: number;
  /** Where it is on its way through its order: slots it has seen, and the next one. */
  seen: number;
  next: number;
  /** The slots it got on its latest way, in its order. */
  got: number[];
}

function candidatesFor(endpoints: readonly TableEndpoint[], size: number, seed: number): readonly Candidate[] {
  const weights = weightsOf(endpoints);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return endpoints.map((endpoint, index): Candidate => {
    const name = [...bytesOf(endpoint.address), endpoint.port >> 8, endpoint.port & 0xff];
    const weight = weights[index] ?? 0;
    const share = (size * weight) / sum;
    const first = jhash(name, size, seed);
    // Bounds are whole numbers. Were they the same for all, they would all change at once when one endpoint goes.
    const fraction = first / size;
    return {
      index,
      weight,
      first,
      step: 1 + jhash(name, size - 1, ~seed),
      share,
      least: weight === 0 ? 0 : Math.max(1, Math.min(Math.floor(share), Math.ceil(share * (1 - slack) + fraction))),
      most: Math.max(Math.ceil(share), Math.floor(share * (1 + slack) - fraction)),
      load: 0,
      seen: 0,
      next: 0,
      got: [],
    };
  });
}

class Table {
  readonly owners: (Candidate | undefined)[];
  free: number;
  readonly #candidates: readonly Candidate[];
  readonly #times: Float64Array;

  constructor(candidates: readonly Candidate[], size: number) {
    this.owners = new Array<Candidate | undefined>(size).fill(undefined);
    this.free = size;
    this.#candidates = candidates;
    this.#times = arrivalTimes(size);
  }

  /**
   * Leads all who still take slots through their orders side by side, each from its start: a slot that is to be had goes to
   * the first who comes by. A heavier one goes faster, so that it is first at its share of all slots.
   */
  walk(
    takes: (candidate: Candidate) => boolean,
    isToBeHad: (owner: Candidate | undefined) => boolean = (owner) => owner === undefined,
  ): void {
    const { owners } = this;
    for (const candidate of this.#candidates) Object.assign(candidate, { seen: 0, next: candidate.first, got: [] });
    let walking = this.#candidates.filter(takes);
    const heaviest = walking.reduce((most, { weight }) => Math.max(most, weight), 0);
    for (let round = 0; walking.length > 0 && round < owners.length; round += 1) {
      const now = (this.#times[round] ?? 0) / heaviest;
      for (const candidate of walking) {
        while (takes(candidate) && (this.#times[candidate.seen] ?? Infinity) / candidate.weight <= now) {
          const slot = candidate.next;
          candidate.seen += 1;
          candidate.next = (slot + candidate.step) % owners.length;
          if (isToBeHad(owners[slot])) this.#give(slot, candidate);
        }
      }
      if (round % 64 === 0) walking = walking.filter(takes);
    }
  }

  /** Frees the slots that a candidate has too many, of those it got on its latest way the last. */
  letGo(candidate: Candidate): void {
    while (candidate.load > candidate.most) {
      const slot = candidate.got.pop();
      if (slot === undefined) return;
      this.owners[slot] = undefined;
      candidate.load -= 1;
      this.free += 1;
    }
  }

  #give(slot: number, candidate: Candidate): void {
    const owner = this.owners[slot];
    if (owner === undefined) this.free -= 1;
    else owner.load -= 1;
    this.owners[slot] = candidate;
    candidate.load += 1;
    candidate.got.push(slot);
  }
}

/**
 * When the positions of an order are reached: the expected times of `size` independent arrivals. Of several who go through
 * their orders with different speeds each is then first at its share of the slots. Sums of fractions, and no logarithm,
 * which engines compute differently in the last digit: the table must be the same everywhere.
 */
function arrivalTimes(size: number): Float64Array {
  const times = new Float64Array(size);
  let time = 0;
  for (let position = 0; position < size; position += 1) {
    time += 1 / (size - position);
    times[position] = time;
  }
  return times;
}
