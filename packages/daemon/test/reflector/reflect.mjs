// Watches Services for half-open.kernel.test.ts, and prints what is new: reflect.mjs URL KEEP_ALIVE_MS.
import process from 'node:process';
import { Reflector, createHttpsTransport, services } from '@nftproxier/daemon/reflector';

const [, , server = '', keepAlive = ''] = process.argv;
const transport = createHttpsTransport(
  { source: 'test', server, authentication: { type: 'none' } },
  { env: {}, keepAliveMs: Number(keepAlive) },
);
const names = new Set();
const reflector = new Reflector({
  transport,
  resource: services,
  handler: (batch) => {
    if (batch.type === 'replace') {
      names.clear();
      for (const { metadata } of batch.objects) names.add(metadata?.name);
    } else {
      for (const { type, object } of batch.events) {
        if (type === 'set') names.add(object.metadata?.name);
        else names.delete(object.metadata?.name);
      }
    }
  },
});
reflector.start();
let before = '';
const timer = setInterval(() => {
  const { staleSince, lists, errors } = reflector.status();
  const line = JSON.stringify({ isStale: staleSince !== undefined, lists, errors, names: [...names].sort() });
  if (line !== before) process.stdout.write(`${line}\n`);
  before = line;
}, 20);
process.stdin.resume().once('end', () => {
  clearInterval(timer);
  void reflector.stop().then(() => transport.close());
});
