import { connect, isIPv6 } from 'node:net';
import { describe } from './outcome.mjs';

/** @typedef {import('../protocol.js').Try} Try */

/**
 * A TCP connection that asks the server who it is: `ask` resolves with the first answer that arrives after it.
 *
 * @param {{ address: string, port: number, source?: string }} target
 */
export function openTcp({ address, port, source }) {
  const socket = connect({
    host: address,
    port,
    family: isIPv6(address) ? 6 : 4,
    noDelay: true,
    ...(source === undefined ? {} : { localAddress: source }),
  });
  let received = '';
  /** @type {string | undefined} */
  let failure;
  let connected = false;
  /** @type {(() => void) | undefined} */
  let changed;
  socket.setEncoding('utf8');
  socket.on('connect', () => (connected = true));
  socket.on('data', (chunk) => {
    received += chunk;
    changed?.();
  });
  socket.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
    failure = error.code ?? error.message;
    changed?.();
  });
  socket.on('close', () => {
    failure ??= 'closed';
    changed?.();
  });
  return {
    /**
     * @param {number} timeoutMs
     * @returns {Promise<Try>}
     */
    ask(timeoutMs) {
      return new Promise((resolve) => {
        const local = () => ({ address: socket.localAddress ?? '', port: socket.localPort ?? 0 });
        const timer = setTimeout(() => finish({ outcome: 'silent' }), timeoutMs);
        /** @param {Try} result */
        const finish = (result) => {
          clearTimeout(timer);
          changed = undefined;
          resolve(result);
        };
        changed = () => {
          const end = received.indexOf('\n');
          if (end >= 0) {
            const answer = JSON.parse(received.slice(0, end));
            received = '';
            finish({ outcome: 'answered', answer, local: local() });
          } else if (failure !== undefined) finish(describe(failure, connected));
        };
        changed();
      });
    },
    /** Has the server answer once more on the same connection. */
    again() {
      received = '';
      if (failure === undefined) socket.write('?\n');
    },
    /** With a reset: a port in TIME-WAIT could not be used for the same destination again for a minute. */
    close() {
      socket.removeAllListeners('close');
      socket.resetAndDestroy();
    },
  };
}
