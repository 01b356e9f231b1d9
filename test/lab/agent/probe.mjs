import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { openTcp } from './tcp.mjs';
import { openUdp } from './udp.mjs';

/** @typedef {import('../protocol.js').ProbeRequest} ProbeRequest */
/** @typedef {import('../protocol.js').ProbeReport} ProbeReport */
/** @typedef {import('../protocol.js').Try} Try */

/**
 * Makes the tries of a probe, each from a new socket, so that each is a new connection to the kernel.
 *
 * @param {ProbeRequest} request
 * @returns {Promise<ProbeReport>}
 */
export async function probe(request) {
  const before = icmpErrors(request.address);
  /** @type {Try[]} */
  const tries = new Array(request.tries);
  let next = 0;
  const worker = async () => {
    while (next < request.tries) {
      const index = next++;
      tries[index] = await attempt(request);
    }
  };
  await Promise.all(Array.from({ length: Math.min(request.concurrency ?? 16, request.tries) }, worker));
  return { tries, icmpErrors: icmpErrors(request.address) - before };
}

/**
 * @param {ProbeRequest} request
 * @returns {Promise<Try>}
 */
async function attempt(request) {
  const connection = request.protocol === 'TCP' ? openTcp(request) : openUdp(request);
  const result = await connection.ask(request.timeoutMs);
  connection.close();
  return result;
}

/**
 * Destination-unreachable errors received in this namespace so far: what tells a refusal by ICMP, as nft's `reject`
 * makes it, from a reset by the destination's own kernel, since connect() calls both ECONNREFUSED.
 *
 * @param {string} address
 */
function icmpErrors(address) {
  if (isIPv6(address)) {
    const found = /^Icmp6InDestUnreachs\s+(\d+)/m.exec(readFileSync('/proc/self/net/snmp6', 'utf8'));
    return Number(found?.[1] ?? 0);
  }
  const [names, values] = readFileSync('/proc/self/net/snmp', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('Icmp:'))
    .map((line) => line.split(' '));
  return Number(values?.[names?.indexOf('InDestUnreachs') ?? -1] ?? 0);
}
