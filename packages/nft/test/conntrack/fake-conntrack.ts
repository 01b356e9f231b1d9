import type { Conntrack, FlowQuery } from '../../src/run/conntrack.js';
import type { Flow } from '../../src/conntrack/index.js';
import { address } from './plans.js';

const deletion =
  /^-D -f (ipv[46]) -p (udp|tcp|sctp) -d (\S+) --dport (\d+)(?:( -g)| -r (\S+) --reply-port-src (\d+))?(?: --state (\S+))?$/;

/** conntrack with flows in memory. It reads the commands it is given as strictly as it can. */
export class FakeConntrack implements Conntrack {
  flows: Flow[] = [];
  /** Everything that was run, in order. */
  readonly runs: ('list' | 'load')[] = [];
  readonly queries: FlowQuery[] = [];
  readonly commands: string[] = [];
  /** What the next runs reject with, if not undefined. */
  readonly failures: (Error | undefined)[] = [];
  /** Called in the middle of every run. */
  onRun: (signal?: AbortSignal) => Promise<void> | void = () => undefined;

  readonly list: Conntrack['list'] = async (query, onText, options) => {
    await this.#begin('list', options?.signal);
    this.queries.push(query);
    const { protocol, family, dst } = query;
    for (const flow of this.flows) {
      if (flow.protocol !== protocol || (family !== undefined && flow.family !== family)) continue;
      if (dst === undefined || flow.original.dst === dst) onText(`${lineOf(flow)}\n`);
    }
  };

  readonly load: Conntrack['load'] = async (commands, options) => {
    await this.#begin('load', options?.signal);
    let deleted = 0;
    for (const line of commands.split('\n').slice(0, -1)) {
      this.commands.push(line);
      const isGone = matcherOf(line);
      const left = this.flows.filter((flow) => !isGone(flow));
      deleted += this.flows.length - left.length;
      this.flows = left;
    }
    return deleted;
  };

  readonly version = async (): Promise<string> => 'conntrack v1.4.7 (conntrack-tools)';

  async #begin(run: 'list' | 'load', signal: AbortSignal | undefined): Promise<void> {
    this.runs.push(run);
    await this.onRun(signal);
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
  }
}

/** A flow from what a client asked for to whom it talks: `flow('UDP 10.0.0.1:999 > 10.96.0.10:53 = 10.244.0.5:5353')`. */
export function flow(text: string, state?: string): Flow {
  const [, protocol, src, sport, dst, dport, server, port] =
    /^(UDP|TCP|SCTP) \[?(.+?)\]?:(\d+) > \[?(.+?)\]?:(\d+) = \[?(.+?)\]?:(\d+)$/.exec(text) ?? [];
  const client = { address: address(src!), port: Number(sport) };
  return {
    family: client.address.includes(':') ? 'IPv6' : 'IPv4',
    protocol: protocol as Flow['protocol'],
    state,
    original: { src: client.address, sport: client.port, dst: address(dst!), dport: Number(dport) },
    reply: { src: address(server!), sport: Number(port), dst: client.address, dport: client.port },
  };
}

function lineOf({ protocol, state, original, reply }: Flow): string {
  const number = { UDP: 17, TCP: 6, SCTP: 132 }[protocol];
  const tuple = ({ src, dst, sport, dport }: Flow['original']): string =>
    `src=${src} dst=${dst} sport=${String(sport)} dport=${String(dport)}`;
  const head = `${protocol.toLowerCase().padEnd(8)} ${String(number)} 29${state === undefined ? '' : ` ${state}`}`;
  return `${head} ${tuple(original)} [UNREPLIED] ${tuple(reply)} mark=0 use=1`;
}

function matcherOf(line: string): (flow: Flow) => boolean {
  const found = deletion.exec(line);
  if (found === null) throw new Error(`conntrack would not understand ${line}`);
  const [, family, protocol, dst, dport, natted, src, sport, state] = found;
  return ({ original, reply, ...flow }) =>
    flow.family.toLowerCase() === family &&
    flow.protocol.toLowerCase() === protocol &&
    original.dst === dst &&
    original.dport === Number(dport) &&
    (natted === undefined || original.dst !== reply.src || original.dport !== reply.sport) &&
    (src === undefined || (reply.src === src && reply.sport === Number(sport))) &&
    (state === undefined || flow.state === state);
}
