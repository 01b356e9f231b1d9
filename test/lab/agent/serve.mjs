import { createSocket } from 'node:dgram';
import { createServer, isIPv6 } from 'node:net';

/** @typedef {import('../protocol.js').Listener} Listener */

/** @type {Map<string, { close(done: () => void): unknown }>} */
const servers = new Map();

/** @param {Listener} listener */
const keyOf = ({ address, port, protocol }) => `${protocol} ${address} ${port}`;

/**
 * Starts servers; those that run already stay.
 *
 * @param {readonly Listener[]} listeners
 */
export async function listen(listeners) {
  for (const listener of listeners) {
    const key = keyOf(listener);
    if (servers.has(key)) continue;
    servers.set(key, await (listener.protocol === 'TCP' ? listenTcp(listener) : listenUdp(listener)));
  }
}

/** @param {readonly Listener[]} listeners */
export async function unlisten(listeners) {
  for (const listener of listeners) {
    const key = keyOf(listener);
    const server = servers.get(key);
    servers.delete(key);
    if (server !== undefined) await new Promise((done) => void server.close(() => done(null)));
  }
}

/**
 * Says who it is when a connection is made, and again for each chunk it receives.
 *
 * @param {Listener} listener
 */
async function listenTcp({ address, port }) {
  const server = createServer({ noDelay: true }, (socket) => {
    const answer = answerLine(address, port, socket.remoteAddress ?? '', socket.remotePort ?? 0);
    socket.on('error', () => socket.destroy());
    socket.on('data', () => socket.write(answer));
    socket.write(answer);
  });
  await new Promise((done, failed) => {
    server.once('error', failed);
    server.listen({ host: address, port, backlog: 16384, ipv6Only: isIPv6(address) }, () => done(null));
  });
  return server;
}

/** @param {Listener} listener */
async function listenUdp({ address, port }) {
  const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', ipv6Only: isIPv6(address) });
  socket.on('message', (_, peer) =>
    socket.send(answerLine(address, port, peer.address, peer.port), peer.port, peer.address, () => {}),
  );
  await new Promise((done, failed) => {
    socket.once('error', failed);
    socket.bind({ address, port }, () => done(null));
  });
  // A client that has gone is told by ICMP, which is no reason to stop serving.
  socket.on('error', () => {});
  return socket;
}

/**
 * @param {string} address
 * @param {number} port
 * @param {string} peerAddress
 * @param {number} peerPort
 */
function answerLine(address, port, peerAddress, peerPort) {
  return `${JSON.stringify({ address, port, peerAddress, peerPort })}\n`;
}
