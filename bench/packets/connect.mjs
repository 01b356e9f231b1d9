/**
 * New TCP connections to a random Service each: `node connect.mjs SERVICES CONNECTIONS`. The endpoints are this process.
 * Prints connections a second and the median and 99th percentile of their latency in milliseconds.
 */
import { connect, createServer } from 'node:net';
import process from 'node:process';
import { clusterIP } from '../cluster/services.mjs';
import { quantile } from '../measure/statistics.mjs';

const [, , services = '1', connections = '1'] = process.argv;
const atOnce = 8;
const server = createServer((socket) => socket.on('error', () => undefined).end());
await new Promise((resolve) => server.listen(8080, '0.0.0.0', () => resolve(undefined)));

/** @type {number[]} */
const latencies = [];
let seed = 7;
let started = 0;
const began = performance.now();
await Promise.all(
  Array.from({ length: atOnce }, async () => {
    while (started++ < Number(connections)) latencies.push(await once());
  }),
);
const perSecond = Number(connections) / ((performance.now() - began) / 1_000);
process.stdout.write(
  `${JSON.stringify({ perSecond, p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) })}\n`,
  () => process.exit(),
);

/** @returns {Promise<number>} milliseconds until the connection was there */
function once() {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  const service = 1 + Math.floor((seed / 2 ** 32) * Number(services));
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const socket = connect({ host: clusterIP(service), port: 80 });
    socket.once('error', reject);
    socket.once('connect', () => {
      const ms = performance.now() - start;
      socket.once('close', () => resolve(ms));
      socket.resetAndDestroy();
    });
  });
}
