import { addresses, podNetworks, socketAddress } from '../../test/lab/dist/index.js';

/**
 * @typedef {import('../../test/lab/dist/index.js').Lab} Lab
 *
 * @typedef {object} Question who asks for what, and what should come of it
 * @property {string} from `client`, `node-a`, or the address of a pod
 * @property {string} [source] one of the client's other addresses
 * @property {string} address
 * @property {number} port
 * @property {'TCP' | 'UDP'} [protocol] TCP unless given
 * @property {readonly string[] | 'refused' | 'dropped' | 'left alone'} expect endpoints, each of which must answer, and
 *   nobody else; refused with an ICMP error; no answer at all; or it reaches what has the address, untranslated
 * @property {'itself' | 'the node'} [seenAs] whose address the endpoint sees
 * @property {boolean} [one] one of the expected endpoints answers every time
 * @property {string} [flow] asked on a socket that stays open under this name
 *
 * @typedef {object} Finding
 * @property {boolean} right
 * @property {string} answer
 * @property {string} seen whom the endpoint saw
 */

/** Connections at once, and how often at most: every endpoint of a handful is met, but once in millions of runs. */
const BATCH = 16;
const BATCHES = 8;

/**
 * Asks, and judges what came of it.
 *
 * @param {Lab} lab
 * @param {Question} question
 * @returns {Promise<Finding>}
 */
export async function ask(lab, question) {
  if (question.expect === 'dropped') return judgeFailure(await probe(lab, question, 2, 400), 'dropped');
  if (question.expect === 'refused') return judgeFailure(await probe(lab, question, 2, 3000), 'refused');
  if (question.flow !== undefined) return askOnFlow(lab, question, question.flow, question.expect);
  const own = socketAddress(question.address, question.port);
  const expected = question.expect === 'left alone' ? [own] : question.expect;
  /** @type {import('../../test/lab/dist/index.js').Try[]} */
  const tries = [];
  for (let batch = 0; batch < BATCHES; batch++) {
    tries.push(...(await probe(lab, question, BATCH, 3000)).tries);
    const met = new Set(tries.map(answerer));
    if (question.one || met.has(undefined) || expected.every((endpoint) => met.has(endpoint))) break;
  }
  return judgeAnswers(tries, expected, question);
}

/**
 * @param {Lab} lab
 * @param {Question} question
 * @param {string} flow
 * @param {Question['expect']} expect
 * @returns {Promise<Finding>}
 */
async function askOnFlow(lab, question, flow, expect) {
  const { from, address, port, protocol = 'TCP' } = question;
  const answer = await lab.flow(from, { flow, address, port, protocol, timeoutMs: 3000 });
  const finding = judgeAnswers([answer], typeof expect === 'string' ? [] : expect, question);
  return { ...finding, answer: `${finding.answer}, from port ${answer.local?.port ?? '?'}` };
}

/**
 * @param {Lab} lab
 * @param {Question} question
 * @param {number} tries
 * @param {number} timeoutMs
 */
async function probe(lab, { from, source, address, port, protocol = 'TCP' }, tries, timeoutMs) {
  return lab.probe(from, { address, port, protocol, tries, timeoutMs, ...(source === undefined ? {} : { source }) });
}

/**
 * @param {import('../../test/lab/dist/index.js').ProbeReport} report
 * @param {'dropped' | 'refused'} expected
 * @returns {Finding}
 */
function judgeFailure({ tries, icmpErrors }, expected) {
  const outcomes = [...new Set(tries.map(({ outcome }) => outcome))];
  const [outcome] = outcomes;
  const happened =
    outcomes.length > 1
      ? outcomes.join(', ')
      : outcome === 'silent'
        ? 'dropped'
        : outcome === 'refused' && icmpErrors > 0
          ? 'refused'
          : (tries[0]?.answer && `answered by ${answerer(tries[0])}`) || 'reset';
  return { right: happened === expected, answer: `(${happened})`, seen: '' };
}

/**
 * @param {readonly import('../../test/lab/dist/index.js').Try[]} tries
 * @param {readonly string[]} expected
 * @param {Question} question
 * @returns {Finding}
 */
function judgeAnswers(tries, expected, { from, expect, seenAs, one }) {
  const failed = tries.find(({ outcome }) => outcome !== 'answered');
  if (failed !== undefined) return { right: false, answer: `(${failed.code ?? failed.outcome})`, seen: '' };
  const met = [...new Set(tries.map(answerer))];
  const known = met.every((endpoint) => expected.includes(endpoint ?? ''));
  const complete = one ? met.length === 1 : met.length === expected.length;
  const seen = seenBy(tries, from);
  const right = known && complete && (seenAs === undefined || seen.as === seenAs);
  const answer = expect === 'left alone' ? `(${known ? 'left alone' : met.join(', ')})` : met.sort().join(', ');
  return { right, answer: one ? `${answer}, every time` : answer, seen: expect === 'left alone' ? '' : seen.text };
}

/**
 * @param {readonly import('../../test/lab/dist/index.js').Try[]} tries
 * @param {string} from
 */
function seenBy(tries, from) {
  const peers = [...new Set(tries.map(({ answer }) => answer?.peerAddress ?? ''))].sort();
  const itself = from !== 'node-a' && tries.every(({ answer, local }) => answer?.peerAddress === local?.address);
  const node = peers.every((peer) => nodeAddresses.includes(peer));
  const as = itself ? 'itself' : node ? 'the node' : 'another';
  return { as, text: itself ? peers.join(', ') : `${peers.join(', ')} (${as})` };
}

/** @type {string[]} */
const nodeAddresses = /** @type {const} */ (['IPv4', 'IPv6']).flatMap((family) => [
  addresses['node-a'][family],
  addresses.uplink[family],
  podNetworks['node-a'][family].gateway,
]);

/** @param {import('../../test/lab/dist/index.js').Try} one */
function answerer({ answer }) {
  return answer === undefined ? undefined : socketAddress(answer.address, answer.port);
}
