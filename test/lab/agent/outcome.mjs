/** @typedef {import('../protocol.js').Try} Try */

/** @type {Map<string, Try['outcome']>} */
const outcomes = new Map([
  ['ECONNREFUSED', 'refused'],
  ['EHOSTUNREACH', 'unreachable'],
  ['ENETUNREACH', 'unreachable'],
  ['EACCES', 'unreachable'],
  ['EADDRNOTAVAIL', 'unreachable'],
  ['ETIMEDOUT', 'silent'],
]);

/**
 * @param {string} code the system's word for what went wrong
 * @param {boolean} connected whether a connection had been made by then
 * @returns {Try}
 */
export function describe(code, connected) {
  return { outcome: connected ? 'broken' : (outcomes.get(code) ?? 'broken'), code };
}
