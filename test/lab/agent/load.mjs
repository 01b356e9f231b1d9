import { connect } from 'node:net';

/** @typedef {import('../protocol.js').LoadRequest} LoadRequest */
/** @typedef {import('../protocol.js').LoadReport} LoadReport */

let stopped = false;

export async function stopLoad() {
  stopped = true;
}

/**
 * Makes connections as fast as it can, `concurrency` at a time, until their number is reached or it is stopped.
 *
 * @param {LoadRequest} request
 * @returns {Promise<LoadReport>}
 */
export async function load(request) {
  stopped = false;
  /** @type {Map<string, number>} */
  const failures = new Map();
  /** @type {Map<string, number>} */
  const answeredBy = new Map();
  const latencies = new Float64Array(request.connections);
  let attempted = 0;
  let answered = 0;
  const begin = performance.now();
  const worker = async () => {
    while (!stopped && attempted < request.connections) {
      const index = attempted++;
      const from = performance.now();
      const { server, failure } = await attempt(request, index);
      if (server === undefined) count(failures, failure ?? 'unknown');
      else {
        latencies[answered++] = performance.now() - from;
        count(answeredBy, server);
      }
      if (request.pauseMs) await new Promise((rested) => setTimeout(rested, request.pauseMs));
    }
  };
  await Promise.all(Array.from({ length: request.concurrency }, worker));
  const sorted = latencies.subarray(0, answered).sort();
  const percentile = (/** @type {number} */ p) => sorted[Math.min(answered - 1, Math.floor(answered * p))] ?? 0;
  return {
    attempted,
    failed: attempted - answered,
    failures: Object.fromEntries(failures),
    answeredBy: Object.fromEntries(answeredBy),
    seconds: (performance.now() - begin) / 1000,
    p50: percentile(0.5),
    p99: percentile(0.99),
  };
}

/**
 * One connection; good when the server's answer has arrived.
 *
 * @param {LoadRequest} request
 * @param {number} index
 * @returns {Promise<{ server?: string, failure?: string }>}
 */
function attempt({ targets, sources, timeoutMs }, index) {
  const target = targets[index % targets.length];
  const source = sources?.[index % sources.length];
  if (target === undefined) return Promise.resolve({ failure: 'no target' });
  return new Promise((resolve) => {
    const socket = connect({
      host: target.address,
      port: target.port,
      autoSelectFamily: false,
      ...(source === undefined ? {} : { localAddress: source }),
    });
    /** @param {{ server?: string, failure?: string }} result */
    const finish = (result) => {
      clearTimeout(timer);
      socket.removeAllListeners();
      socket.on('error', () => {});
      // With a reset: 60,000 ports in TIME-WAIT would end the test.
      socket.resetAndDestroy();
      resolve(result);
    };
    const timer = setTimeout(() => finish({ failure: 'timeout' }), timeoutMs);
    socket.on('error', (/** @type {NodeJS.ErrnoException} */ error) =>
      finish({ failure: error.code ?? error.message }),
    );
    socket.on('end', () => finish({ failure: 'closed' }));
    socket.on('data', (chunk) => {
      const { address, port } = JSON.parse(chunk.toString());
      finish({ server: `${address}:${port}` });
    });
  });
}

/**
 * @param {Map<string, number>} counts
 * @param {string} key
 */
function count(counts, key) {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
