// Sends and receives datagrams inside a namespace, for the kernel tests. It ends when its standard input does.
import { createSocket } from 'node:dgram';
import process from 'node:process';

const [mode, ...args] = process.argv.slice(2);
process.stdin.on('end', () => process.exit()).resume();

/** @param {string} line */
const say = (line) => process.stdout.write(`${line}\n`);

/** @param {string} address */
const socketFor = (address) => createSocket({ type: address.includes(':') ? 'udp6' : 'udp4' });

/** Says which endpoint got what: `serve ADDRESS PORT…`. */
async function serve() {
  for (let index = 0; index < args.length; index += 2) {
    const [address, port] = [args[index] ?? '', Number(args[index + 1])];
    const socket = socketFor(address);
    socket.on('message', (message) => say(`${address} ${String(message)}`));
    await new Promise((resolve) => socket.bind(port, address, () => resolve(undefined)));
  }
  say('ready');
}

/** Sends numbers from one port and never listens to an answer, for a minute at most: `send FROM ADDRESS PORT`. */
async function send() {
  const [from, address = '', port] = args;
  const socket = socketFor(address);
  // A rejected datagram is an error of the next one: what comes of it is the receiver's to say.
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.bind(Number(from), () => resolve(undefined)));
  say('ready');
  for (let number = 0; number < 3_000; number += 1) {
    socket.send(String(number), Number(port), address, () => undefined);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Sends one datagram from each of many ports: `burst COUNT ADDRESS PORT`. */
async function burst() {
  const [count, address = '', port] = args;
  for (let index = 0; index < Number(count); index += 1) {
    const socket = socketFor(address);
    await new Promise((resolve) => socket.bind(10_000 + index, () => resolve(undefined)));
    await new Promise((resolve) => socket.send('x', Number(port), address, resolve));
    socket.close();
  }
  say('ready');
}

await { serve, send, burst }[/** @type {'serve' | 'send' | 'burst'} */ (mode)]();
