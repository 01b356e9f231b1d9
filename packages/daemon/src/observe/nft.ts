import type { Nft } from '@nftproxier/nft';

/** The same nft, with the time that its processes run told of, in seconds. */
export function timedNft(nft: Nft, ran: (seconds: number) => void): Nft {
  const timed = async <T>(work: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    try {
      return await work();
    } finally {
      ran((performance.now() - start) / 1000);
    }
  };
  return {
    run: (script, options) => timed(() => nft.run(script, options)),
    list: (what, options) => timed(() => nft.list(what, options)),
    version: (options) => timed(() => nft.version(options)),
  };
}
