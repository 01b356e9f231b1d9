/** The names of the ways to choose one endpoint of several; what each does is said at {@link Algorithm}. */
export type AlgorithmName = 'random' | 'weighted' | 'source-hash' | 'maglev';

/** All {@link AlgorithmName}s. */
export const algorithmNames: readonly AlgorithmName[] = ['random', 'weighted', 'source-hash', 'maglev'];

/**
 * What of a connection is hashed: the client's address, so that all its connections go to one endpoint, or its address and
 * port, so that they spread and yet every node sends the same connection to the same endpoint.
 */
export type HashKey = 'client' | 'client-and-port';

/** All {@link HashKey}s. */
export const hashKeys: readonly HashKey[] = ['client', 'client-and-port'];

/** How an endpoint is chosen for a new connection. */
export type Algorithm =
  /** Each endpoint with the same probability, for every connection anew. Weights are not heeded. */
  | { readonly kind: 'random' }
  /** Likewise, but in proportion to the endpoints' weights. */
  | { readonly kind: 'weighted' }
  /**
   * By a hash of the client over a list of the endpoints in a fixed order, in proportion to their weights. The same on
   * every node that has the same list. When the list changes most clients get another endpoint.
   */
  | {
      readonly kind: 'source-hash';
      readonly hashKey: HashKey;
      /** 32 bits, the same on all nodes of a cluster. */
      readonly seed: number;
    }
  /**
   * By a hash of the client over a Maglev table: the same on every node that has the same endpoints, and when one comes or
   * goes few clients of the others move. Weights are heeded.
   */
  | {
      readonly kind: 'maglev';
      readonly hashKey: HashKey;
      /** 32 bits, the same on all nodes of a cluster. */
      readonly seed: number;
      /** Least slots of the table, rounded up to one of {@link maglevTableSizes}; absent: in proportion to the endpoints. */
      readonly tableSize?: number;
    };

/** What a Service asks for by its annotations; what is absent is as {@link BalancingDefaults} have it. */
export interface BalancingWish {
  /** Annotation `nftproxier.io/algorithm`. */
  readonly algorithm?: AlgorithmName;
  /** Annotation `nftproxier.io/hash-key`; of `source-hash` and `maglev`. */
  readonly hashKey?: HashKey;
  /** Annotation `nftproxier.io/table-size`, of `maglev`: least slots of the table, 1 to 65,521. */
  readonly tableSize?: number;
}

/** How endpoints are chosen for Services that do not say it. To be the same on all nodes of a cluster. */
export interface BalancingDefaults {
  /** For Services without an annotation. */
  readonly algorithm: AlgorithmName;
  /** What is hashed, where the algorithm hashes. */
  readonly hashKey: HashKey;
  /** 32 bits that go into every hash. A cluster with a seed of its own keeps clients from choosing their endpoint. */
  readonly hashSeed: number;
}

/** Random choice, as in kube-proxy, and a seed that is the same everywhere. */
export const balancingDefaults: BalancingDefaults = { algorithm: 'random', hashKey: 'client', hashSeed: 0x6e66_7470 };

/** The algorithm of a service port: what it asks for, and otherwise the defaults. */
export function algorithmOf(wish: BalancingWish | undefined, defaults: BalancingDefaults): Algorithm {
  const kind = wish?.algorithm ?? defaults.algorithm;
  const hash = { hashKey: wish?.hashKey ?? defaults.hashKey, seed: defaults.hashSeed };
  switch (kind) {
    case 'random':
      return random;
    case 'weighted':
      return weighted;
    case 'source-hash':
      return { kind, ...hash };
    case 'maglev':
      return { kind, ...hash, ...(wish?.tableSize !== undefined && { tableSize: wish.tableSize }) };
  }
}

const random = { kind: 'random' } as const;
const weighted = { kind: 'weighted' } as const;
