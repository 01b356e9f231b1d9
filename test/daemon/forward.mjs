// Listens on 127.0.0.1 and hands every connection to a Unix socket: a namespace without a network reaches a server
// outside of it through the file system.
import { connect, createServer } from 'node:net';

const [path, port] = process.argv.slice(2);
createServer((client) => {
  const server = connect(path);
  client.on('error', () => server.destroy());
  server.on('error', () => client.destroy());
  client.pipe(server).pipe(client);
}).listen(Number(port), '127.0.0.1', () => process.stdout.write('ready\n'));
process.stdin.on('end', () => process.exit()).resume();
