import { addresses, podNetworks, socketAddress, type Lab, type ProbeReport, type Try } from '../lab/index.js';
import type { Expectation, Packet, Scenario, World } from './format.js';
import { locate, type Failure } from './failure.js';
import { listenersFor, serveDestination } from './servers.js';

/** A proxy on node-a of a lab. */
export interface Proxy {
  /** Makes the node serve this world: resolves when the kernel does, stale flows included. */
  apply(world: World): Promise<void>;
  /** Ends without touching what it loaded. */
  close(): Promise<void>;
}

/** Starts a proxy on node-a; what an earlier one left there is still loaded. */
export type StartProxy = (lab: Lab, world: World) => Promise<Proxy>;

type Answered = Extract<Expectation, { kind: 'answered' }>;

/** Connections at once, and the first number tried: enough to show an endpoint that should not answer. */
const batch = 16;
/** An endpoint out of N is missed by 40 N tries once in 10^17 runs. */
const triesPerEndpoint = 40;
/** Connections by which shares are told. */
const triesForShares = 400;
/** Chi-square that right shares of up to 8 endpoints exceed in less than one of 10^9 runs. */
const mostChiSquare = 60;
/**
 * Answers and refusals come back within milliseconds; TCP over IPv6 may hear the second refusal only, after a second. A
 * busy machine may take much longer: what is tested is what comes, not when.
 */
const answerTimeoutMs = 20_000;
/** Single connections that chance may lead elsewhere: one of two endpoints is missed by all in one of 16,384 runs. */
const chances = 14;
/** Silence has to be waited for. */
const silenceMs = 400;

/**
 * Plays a scenario with real packets on a lab of the right kind (see labs.ts): each packet is sent until every endpoint
 * it should reach has answered. Returns what was not as expected.
 */
export async function runOnKernel(scenario: Scenario, lab: Lab, start: StartProxy): Promise<readonly Failure[]> {
  await prepare(lab, scenario.neighbours);
  const failures: Failure[] = [];
  const memory = new Map<string, string>();
  const first = scenario.steps[0];
  if (first === undefined) return failures;
  let proxy = await start(lab, first.world);
  let extraAddresses: readonly string[] = [];
  try {
    for (const step of scenario.steps) {
      if (step.restart) {
        await proxy.close();
        proxy = await start(lab, step.world);
      }
      await setExtraAddresses(lab, extraAddresses, step.world.node.extraAddresses);
      extraAddresses = step.world.node.extraAddresses;
      await lab.serve(listenersFor(step.world));
      await proxy.apply(step.world);
      await sleep(step.waitSeconds);
      for (const group of groups(step.packets)) {
        const faults = await Promise.all(group.map((packet) => check(lab, packet, memory, extraAddresses)));
        failures.push(...faults.flatMap((fault, index) => locate(scenario, step, group[index], fault)));
      }
    }
  } finally {
    await proxy.close();
    await setExtraAddresses(lab, extraAddresses, []);
    await lab.closeFlows();
  }
  return failures;
}

/** Silence is waited for in company; all else goes one after the other, since ICMP errors are counted per machine. */
function groups(packets: readonly Packet[]): Packet[][] {
  const silent = packets.filter(({ expect, flow }) => expect.kind === 'dropped' && flow === undefined);
  const others = packets.filter((packet) => !silent.includes(packet));
  return [silent, ...others.map((packet) => [packet])];
}

async function prepare(lab: Lab, neighbours: string | undefined): Promise<void> {
  await lab.nft(`flush ruleset\n${neighbours ?? ''}`);
  await lab.conntrack.flush();
}

async function setExtraAddresses(lab: Lab, before: readonly string[], after: readonly string[]): Promise<void> {
  const ip = async (verb: string, address: string) => lab.exec('node-a', ['ip', 'addr', verb, address, 'dev', 'lo']);
  for (const address of before) if (!after.includes(address)) await ip('del', address);
  for (const address of after) if (!before.includes(address)) await ip('add', address);
}

async function check(
  lab: Lab,
  packet: Packet,
  memory: Map<string, string>,
  own: readonly string[],
): Promise<string | undefined> {
  switch (packet.expect.kind) {
    case 'answered':
      return packet.expect.retryEvery === undefined
        ? checkAnswered(lab, packet, packet.expect, memory)
        : checkByChance(lab, packet, packet.expect, packet.expect.retryEvery);
    case 'rejected': {
      const report = await send(lab, packet, 2, answerTimeoutMs);
      const refused = report.tries.every(({ outcome }) => outcome === 'refused');
      if (!refused) return `expected a rejection, got ${seen(report.tries)}`;
      return report.icmpErrors >= report.tries.length
        ? undefined
        : 'expected an ICMP error, was reset by the destination';
    }
    case 'dropped': {
      const report = await send(lab, packet, 2, silenceMs);
      const silent = report.tries.every(({ outcome }) => outcome === 'silent') && report.icmpErrors === 0;
      return silent ? undefined : `expected silence, got ${seen(report.tries)}`;
    }
    case 'untouched': {
      const stop = await serveDestination(lab, packet.to, own);
      const report = await send(lab, packet, 2, answerTimeoutMs);
      await stop();
      return untouched(report, socketAddress(packet.to.address, packet.to.port));
    }
  }
}

function untouched(report: ProbeReport, destination: string): string | undefined {
  for (const one of report.tries) {
    if (one.outcome !== 'answered') return `expected it to arrive as sent, got ${seen(report.tries)}`;
    if (answerer(one) !== destination) return `expected it to arrive as sent, was answered by ${answerer(one)}`;
    if (!isKept(one)) return `expected it to arrive as sent, came from ${peer(one)}`;
  }
  return undefined;
}

async function checkAnswered(lab: Lab, packet: Packet, expect: Answered, memory: Map<string, string>) {
  const unseen = new Set(expect.by);
  const sticky = expect.same !== undefined || packet.flow !== undefined;
  const limit = sticky ? 1 : Math.max(batch, triesPerEndpoint * unseen.size);
  const counts = new Map<string, number>();
  let masqueraded = false;
  const isDone = (sent: number): boolean =>
    expect.shares === undefined ? sent > 0 && (sent >= limit || unseen.size === 0) : sent >= triesForShares;
  for (let sent = 0; !isDone(sent);) {
    const report = await send(lab, packet, sticky ? 1 : batch, answerTimeoutMs);
    // A client that is known sticks from its second connection on, all of which may be made at once.
    const more = expect.same === undefined ? [] : (await send(lab, packet, batch, answerTimeoutMs)).tries;
    for (const one of [...report.tries, ...more]) {
      if (one.outcome !== 'answered') return `expected an answer by ${expect.by.join(' or ')}, got ${seen([one])}`;
      const by = answerer(one);
      if (!expect.by.includes(by)) return `expected an answer by ${expect.by.join(' or ')}, got one by ${by}`;
      const known = memory.get(expect.same ?? '');
      if (known !== undefined && known !== by) return `expected ${known} again, got an answer by ${by}`;
      if (expect.same !== undefined) memory.set(expect.same, by);
      unseen.delete(by);
      counts.set(by, (counts.get(by) ?? 0) + 1);
      if (expect.source === 'kept' && !isKept(one)) return `expected the source to be kept, ${by} saw ${peer(one)}`;
      if (expect.source === 'node' && !ofNode(one)) return `expected an address of the node, ${by} saw ${peer(one)}`;
      masqueraded ||= !isKept(one) || one.answer?.peerPort !== one.local?.port;
    }
    sent += report.tries.length;
  }
  // Where the node itself sends from the address that a masquerade gives, only a port that changes shows it.
  if (expect.source === 'node' && !masqueraded && !sticky) return 'expected a masquerade, saw the source kept';
  if (!sticky && unseen.size > 0) return `never answered: ${[...unseen].join(', ')}`;
  return expect.shares === undefined ? undefined : unlikely(expect.by, expect.shares, counts);
}

/** Whether so many answers of each can hardly come from such shares. */
function unlikely(by: readonly string[], shares: readonly number[], counts: ReadonlyMap<string, number>) {
  const sum = shares.reduce((total, share) => total + share, 0);
  const all = [...counts.values()].reduce((total, count) => total + count, 0);
  const chiSquare = by.reduce((total, endpoint, index) => {
    const expected = (all * (shares[index] ?? 0)) / sum;
    return total + ((counts.get(endpoint) ?? 0) - expected) ** 2 / expected;
  }, 0);
  if (chiSquare <= mostChiSquare) return undefined;
  const found = by.map((endpoint) => `${endpoint} ${counts.get(endpoint) ?? 0}`);
  return `expected shares of ${shares.join(' : ')}, got ${found.join(', ')}`;
}

async function checkByChance(lab: Lab, packet: Packet, { by }: Answered, seconds: number): Promise<string | undefined> {
  for (let chance = 0; chance < chances; chance++) {
    await sleep(seconds);
    const [one] = (await send(lab, packet, 1, answerTimeoutMs)).tries;
    if (one?.outcome !== 'answered') return `expected an answer by ${by.join(' or ')}, got ${seen(one ? [one] : [])}`;
    if (by.includes(answerer(one))) return undefined;
  }
  return `never answered in ${chances} tries: ${by.join(', ')}`;
}

async function sleep(seconds: number): Promise<void> {
  if (seconds > 0) await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

async function send(lab: Lab, { from, to, flow }: Packet, tries: number, timeoutMs: number): Promise<ProbeReport> {
  const place = from.kind === 'pod' ? (from.address ?? '') : from.kind === 'host' ? 'node-a' : from.kind;
  const source = from.kind === 'pod' || from.kind === 'node-b' ? undefined : from.address;
  const target = { address: to.address, port: to.port, timeoutMs, ...(source !== undefined && { source }) };
  const { protocol } = to;
  if (protocol === 'ICMP' || protocol === 'SCTP') return lab.rawProbe(place, protocol, { ...target, tries });
  if (flow === undefined) return lab.probe(place, { ...target, protocol, tries });
  const one = await lab.flow(place, { ...target, protocol, flow });
  return { tries: [one], icmpErrors: one.outcome === 'refused' ? 1 : 0 };
}

function answerer({ answer }: Try): string {
  return answer === undefined ? 'nobody' : socketAddress(answer.address, answer.port);
}

function peer({ answer }: Try): string {
  return answer === undefined ? 'nobody' : socketAddress(answer.peerAddress, answer.peerPort);
}

/** By address alone: NAT changes a port that is taken, for one, by an earlier connection to the same endpoint. */
function isKept({ answer, local }: Try): boolean {
  return answer?.peerAddress === local?.address;
}

function ofNode({ answer }: Try): boolean {
  return nodeAddresses.has(answer?.peerAddress ?? '');
}

/** What a masquerade may give as a source. */
const nodeAddresses: ReadonlySet<string> = new Set([
  ...Object.values(addresses['node-a']),
  ...Object.values(addresses.uplink),
  ...Object.values(podNetworks['node-a']).map(({ gateway }) => gateway),
]);

function seen(tries: readonly Try[]): string {
  const words = tries.map((one) =>
    one.outcome === 'answered' ? `an answer by ${answerer(one)}` : (one.code ?? one.outcome),
  );
  return [...new Set(words)].join(' and ');
}
