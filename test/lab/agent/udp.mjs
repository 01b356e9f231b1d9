import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { describe } from './outcome.mjs';

/** @typedef {import('../protocol.js').Try} Try */

/**
 * A UDP socket connected to its destination, so that an ICMP error reaches it. `ask` sends one datagram and resolves
 * with the answer.
 *
 * @param {{ address: string, port: number, source?: string }} target
 */
export function openUdp({ address, port, source }) {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  /** @type {((result: Try) => void) | undefined} */
  let finish;
  const ready = new Promise((done, failed) => {
    socket.once('error', failed);
    socket.bind({ port: 0, ...(source === undefined ? {} : { address: source }) }, () =>
      socket.connect(port, address, () => {
        socket.off('error', failed);
        done(null);
      }),
    );
  });
  socket.on('error', (/** @type {NodeJS.ErrnoException} */ error) => fail(error));
  socket.on('message', (message) => {
    const { address: own, port: ownPort } = socket.address();
    finish?.({ outcome: 'answered', answer: JSON.parse(message.toString()), local: { address: own, port: ownPort } });
  });
  /** @param {NodeJS.ErrnoException} error */
  const fail = (error) => {
    // A packet that nft drops or rejects on its way out makes send() fail with EPERM; the ICMP error, if any, follows.
    if (error.code !== 'EPERM') finish?.(describe(error.code ?? error.message, false));
  };
  return {
    /**
     * @param {number} timeoutMs
     * @returns {Promise<Try>}
     */
    async ask(timeoutMs) {
      try {
        await ready;
      } catch (error) {
        return describe(/** @type {NodeJS.ErrnoException} */ (error).code ?? String(error), false);
      }
      return new Promise((resolve) => {
        const timer = setTimeout(() => finish?.({ outcome: 'silent' }), timeoutMs);
        finish = (result) => {
          clearTimeout(timer);
          finish = undefined;
          resolve(result);
        };
        socket.send('?\n', (error) => {
          if (error !== null) fail(error);
        });
      });
    },
    again() {},
    close() {
      socket.close();
    },
  };
}
