import { fileURLToPath } from 'node:url';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { LabError } from './errors.js';
import type { NetworkNamespace } from './namespace.js';
import type { Outcome, ProbeReport, SocketTarget, Try } from './protocol.js';

// Not TypeScript, so it is not copied where the rest of the lab is compiled to.
const folder = new URL(import.meta.url.endsWith('/dist/raw.js') ? '..' : '.', import.meta.url);
const program = fileURLToPath(new URL('raw.pl', folder));

/** What the raw prober sends: an SCTP INIT or an ICMP echo request (`ping`). Node has sockets for neither. */
export type RawProtocol = 'SCTP' | 'ICMP';

/** A raw probe; ICMP ignores the port. The tries are made one after another. */
export interface RawProbeRequest extends SocketTarget {
  readonly tries: number;
  readonly timeoutMs: number;
  readonly source?: string;
}

/** Sends SCTP INITs or pings from a namespace. @throws LabError `LabToolMissing` without `perl`. */
export async function rawProbe(
  from: NetworkNamespace,
  protocol: RawProtocol,
  request: RawProbeRequest,
): Promise<ProbeReport> {
  const { address, port, tries, timeoutMs, source } = request;
  const argv = [
    'perl',
    program,
    protocol.toLowerCase(),
    address,
    port,
    tries,
    timeoutMs,
    ...(source === undefined ? [] : [source]),
  ];
  const result = await from.exec(argv.map(String), { timeout: tries * timeoutMs + 10_000, allowFailure: true });
  if (result.exitCode !== 0) throw missing(result.stderr);
  const seen = result.stdout.split('\n').filter(Boolean).map(readTry);
  return { tries: seen, icmpErrors: seen.filter(({ outcome }) => outcome === 'refused').length };
}

/** A running SCTP responder. */
export interface SctpServer {
  readonly ports: readonly number[];
  close(): Promise<void>;
}

/** Answers SCTP INITs to some ports of an address. @throws LabError `LabToolMissing` without `perl`. */
export async function serveSctp(at: NetworkNamespace, address: string, ports: readonly number[]): Promise<SctpServer> {
  const child = at.spawn(['perl', program, 'sctp-serve', address, ...ports.map(String)]);
  const lines = createInterface({ input: child.stdout });
  const ready = await Promise.race([once(lines, 'line').then(() => true), child.ended.then(() => false)]);
  if (!ready) throw missing((await child.ended).stderr);
  return {
    ports,
    close: async () => {
      child.stdin.end();
      await child.ended;
    },
  };
}

function readTry(line: string): Try {
  const [outcome, address = '', port, peerAddress = '', peerPort, local = '', localPort] = line.split(' ');
  if (outcome !== 'answered') return { outcome: outcome as Outcome };
  return {
    outcome,
    answer: { address, port: Number(port), peerAddress, peerPort: Number(peerPort) },
    local: { address: local, port: Number(localPort) },
  };
}

function missing(stderr: string): LabError {
  return new LabError(
    'LabToolMissing',
    `SCTP and ICMP probes need perl (Debian: perl-base) and raw sockets: ${stderr.slice(0, 500)}`,
  );
}
