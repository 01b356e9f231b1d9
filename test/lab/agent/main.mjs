// The process that lives inside one of the lab's network namespaces: it serves and probes there, since a process cannot
// change its namespace once it runs. Requests come in on standard input and answers leave on standard output, a line of
// JSON each. It ends with its input, so that nothing outlives the lab.
import { createInterface } from 'node:readline';
import process from 'node:process';
import { closeFlows, flow } from './flow.mjs';
import { load, stopLoad } from './load.mjs';
import { probe } from './probe.mjs';
import { listen, unlisten } from './serve.mjs';

/** @typedef {import('../protocol.js').AgentRequest} AgentRequest */
/** @typedef {import('../protocol.js').AgentResponse} AgentResponse */

/**
 * @param {AgentRequest} message
 * @returns {Promise<unknown>}
 */
async function perform(message) {
  switch (message.op) {
    case 'listen':
      return listen(message.request.listeners);
    case 'unlisten':
      return unlisten(message.request.listeners);
    case 'probe':
      return probe(message.request);
    case 'flow':
      return flow(message.request);
    case 'closeFlows':
      return closeFlows();
    case 'load':
      return load(message.request);
    case 'stopLoad':
      return stopLoad();
  }
}

/** @param {AgentResponse} response */
function respond(response) {
  process.stdout.write(`${JSON.stringify(response)}\n`);
}

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  /** @type {AgentRequest} */
  const message = JSON.parse(line);
  perform(message).then(
    (result) => respond({ id: message.id, result: result ?? null }),
    (error) => respond({ id: message.id, error: error instanceof Error ? error.message : String(error) }),
  );
});
lines.on('close', () => process.exit(0));
process.stdout.write('ready\n');
