/**
 * The rows: what happens.
 *
 * @type {Readonly<Record<number, string>>}
 */
export const ROWS = {
  1: 'a watch is cut in the middle of a line',
  2: 'the version has expired (410)',
  3: 'the API server refuses: 429, 500, 503, watches closed at once',
  4: 'packets get lost; or the connection lives, and the server is silent',
  5: 'lists that are slow, stall, or have no end',
  6: 'the API server was restored from a backup',
  7: 'duplicate, stale, reordered, unknown and endless lines',
  8: 'tokens and certificates change on disk',
  9: 'the API server is down, and the proxy restarts meanwhile',
  10: 'another API server takes over, after deletions',
  11: 'the ruleset is flushed, or a firewall reloaded',
  12: 'others delete from our table',
  13: 'others write tables of their own meanwhile',
  14: 'nft or the daemon is killed',
  15: 'restart, upgrade and downgrade under traffic',
  16: 'nft is missing, fails, hangs, or is another version',
  17: 'one object that cannot be used among many',
  18: 'injection, and objects of any shape',
  19: 'ambiguous addresses',
  20: 'forbidden addresses',
  21: 'addresses that belong to others; source ranges',
  22: 'floods and enormous objects',
  23: 'connection tracking: nearly full, stale flows',
  24: 'least privilege, supply chain',
  25: 'random churn with random faults',
};
