import { openTcp } from './tcp.mjs';
import { openUdp } from './udp.mjs';

/** @typedef {import('../protocol.js').FlowRequest} FlowRequest */
/** @typedef {import('../protocol.js').Try} Try */

/** @type {Map<string, ReturnType<typeof openTcp> | ReturnType<typeof openUdp>>} */
const flows = new Map();

/**
 * Asks on the flow of this name, which the first request opens.
 *
 * @param {FlowRequest} request
 * @returns {Promise<Try>}
 */
export async function flow(request) {
  const open = flows.get(request.flow);
  if (open !== undefined) {
    open.again();
    return open.ask(request.timeoutMs);
  }
  const created = request.protocol === 'TCP' ? openTcp(request) : openUdp(request);
  flows.set(request.flow, created);
  return created.ask(request.timeoutMs);
}

export async function closeFlows() {
  for (const open of flows.values()) open.close();
  flows.clear();
}
