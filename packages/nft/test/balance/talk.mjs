// Servers and clients of the balancing tests, in the namespace they are started in.
//   serve ADDRESS...   answers on port 8080, TCP and UDP, with the address it was reached at; ends with its input
//   ask                reads {protocol, to, port, clients: [{address, port?}]}, asks once from each, prints the answers
import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';

const timeoutMs = 20_000;
const atOnce = 64;

const [mode, ...addresses] = process.argv.slice(2);
if (mode === 'serve') await serve();
else await ask(JSON.parse(await text(process.stdin)));

async function serve() {
  for (const address of addresses) {
    const tcp = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.end(address);
    });
    await new Promise((resolve) => tcp.listen({ host: address, port: 8080, backlog: 4096 }, resolve));
    const udp = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    udp.on('message', (_, from) => udp.send(address, from.port, from.address));
    await new Promise((resolve) => udp.bind({ address, port: 8080 }, resolve));
  }
  console.log('ready');
  process.stdin.resume();
  process.stdin.on('end', () => process.exit(0));
}

async function ask({ protocol, to, port, clients }) {
  const answers = new Array(clients.length).fill('');
  let next = 0;
  const work = async () => {
    while (next < clients.length) {
      const index = next++;
      const one = protocol === 'TCP' ? askTcp : askUdp;
      answers[index] = await one(to, port, clients[index]).catch((error) => `failed: ${error.code ?? error.message}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  console.log(JSON.stringify(answers));
}

function askTcp(host, port, client) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, localAddress: client.address, localPort: client.port });
    let answer = '';
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error('silent')));
    socket.on('data', (data) => (answer += data));
    socket.on('error', reject);
    socket.on('end', () => resolve(answer));
  });
}

function askUdp(host, port, client) {
  return new Promise((resolve, reject) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    const end = (settle, value) => {
      clearTimeout(timer);
      socket.close();
      settle(value);
    };
    const timer = setTimeout(() => end(reject, new Error('silent')), timeoutMs);
    socket.on('error', (error) => end(reject, error));
    socket.on('message', (data) => end(resolve, String(data)));
    socket.bind({ address: client.address, port: client.port ?? 0 }, () => socket.send('?', port, host));
  });
}
