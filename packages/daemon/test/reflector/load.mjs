// Takes what a busy server has for load.kernel.test.ts: load.mjs URL HANDLER_MS PROTECTIONS. Prints the state when asked
// by a line.
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { Reflector, createHttpsTransport, endpointSlices } from '@nftproxier/daemon/reflector';

const [, , server = '', handlerMs = '', protections = '{}'] = process.argv;
const transport = createHttpsTransport({ source: 'test', server, authentication: { type: 'none' } }, { env: {} });
/** @type {Map<string, string>} */
const versions = new Map();
let batches = 0;
let events = 0;
const reflector = new Reflector({
  transport,
  resource: endpointSlices,
  protections: JSON.parse(protections),
  handler: async (batch) => {
    batches++;
    if (batch.type === 'replace') {
      versions.clear();
      for (const { metadata } of batch.objects) versions.set(metadata?.name ?? '', metadata?.resourceVersion ?? '');
    } else {
      events += batch.events.length;
      for (const { type, object } of batch.events) {
        if (type === 'set') versions.set(object.metadata?.name ?? '', object.metadata?.resourceVersion ?? '');
        else versions.delete(object.metadata?.name ?? '');
      }
    }
    await new Promise((resolve) => setTimeout(resolve, Number(handlerMs)));
  },
});
reflector.start();
await reflector.synced;
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
process.stdout.write('{"synced":true}\n');
const lines = createInterface({ input: process.stdin }).on('line', () => {
  const sum = [...versions.values()].reduce((total, version) => total + Number(version), 0);
  process.stdout.write(
    `${JSON.stringify({
      objects: versions.size,
      versions: sum,
      batches,
      events,
      blockMs: Math.round(delay.max / 1e6),
      peakMB: Math.round(process.resourceUsage().maxRSS / 1024),
    })}\n`,
  );
});
await once(lines, 'close');
await reflector.stop();
transport.close();
