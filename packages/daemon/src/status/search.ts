import { parseAddress } from '@nftproxier/core';
import type { ServicePlan } from '@nftproxier/core';

/** Longest text that is searched for. */
const mostText = 200;

/** Whether a Service is what was searched for. */
export type Match = (plan: ServicePlan) => boolean;

/**
 * Reads a search: words, all of which must be found. A word is part of `namespace/name`, the beginning of an address of
 * a frontend or endpoint, `address:port`, or `:port`.
 */
export function parseSearch(text: string): Match {
  const words = text.slice(0, mostText).trim().toLowerCase().split(/\s+/u).filter(Boolean).map(canonical);
  return (plan) => words.every((word) => has(plan, word));
}

/** An address may be written in more than one way. */
function canonical(word: string): string {
  return parseAddress(word.replace(/^\[(.*)\]$/u, '$1')) ?? word;
}

function has({ service, ports }: ServicePlan, word: string): boolean {
  if (service.includes(word)) return true;
  // Most words are parts of names: only what begins like an address or a port is worth the look at all endpoints.
  if (!/^[0-9a-f:[]/u.test(word)) return false;
  const wanted = word.startsWith(':') && /^:\d+$/u.test(word) ? Number(word.slice(1)) : undefined;
  const isAt = (address: string, port: number): boolean =>
    wanted === undefined
      ? address.startsWith(word) || `${address}:${String(port)}` === word || `[${address}]:${String(port)}` === word
      : port === wanted;
  return ports.some(
    ({ frontends, cluster, local }) =>
      frontends.some((frontend) =>
        frontend.kind === 'NodePort' ? frontend.port === wanted : isAt(frontend.address, frontend.port),
      ) ||
      cluster.some(({ address, port }) => isAt(address, port)) ||
      local.some(({ address, port }) => isAt(address, port)),
  );
}
