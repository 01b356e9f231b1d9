/** What the lab and its agents say to each other: JSON, one message a line. */

/** Where a server listens or a probe goes. */
export interface SocketTarget {
  readonly address: string;
  readonly port: number;
}

/** A transport an agent speaks; SCTP and ICMP are the raw prober's. */
export type AgentProtocol = 'TCP' | 'UDP';

/** A server: it answers every connection, datagram or further line with an {@link Answer}. */
export interface Listener extends SocketTarget {
  readonly protocol: AgentProtocol;
}

/** What a server says about itself and whom it saw. */
export interface Answer {
  /** The server's own address and port: after translation, so it names the endpoint. */
  readonly address: string;
  readonly port: number;
  /** The client as the server saw it. */
  readonly peerAddress: string;
  readonly peerPort: number;
}

/** How one try ended. */
export type Outcome =
  /** Someone answered. */
  | 'answered'
  /** The connection was refused, by an ICMP error or a reset: {@link ProbeReport.icmpErrors} tells which. */
  | 'refused'
  /** The kernel found no way to the destination, or was told so by ICMP. */
  | 'unreachable'
  /** A connection was made and broken before the answer. */
  | 'broken'
  /** Nothing came back in time. */
  | 'silent';

/** One try of a probe. `local` is the client's own address and port, before any translation. */
export interface Try {
  readonly outcome: Outcome;
  readonly answer?: Answer;
  readonly local?: SocketTarget;
  /** The system's word for a failure, like `ECONNREFUSED`. */
  readonly code?: string;
}

/** A probe: `tries` new connections (or datagrams from new sockets) to one destination. */
export interface ProbeRequest extends SocketTarget {
  readonly protocol: AgentProtocol;
  readonly tries: number;
  /** Milliseconds each try may take. */
  readonly timeoutMs: number;
  /** Source address; the kernel's choice unless given. */
  readonly source?: string;
  /** Tries at the same time; 16 unless given. */
  readonly concurrency?: number;
}

/** What a probe saw, in the order of its tries. */
export interface ProbeReport {
  readonly tries: readonly Try[];
  /**
   * ICMP destination-unreachable errors the client's namespace received meanwhile, of the destination's family. More
   * than the tries that were refused by one: an error that arrives while connect() still holds the socket, as it does
   * over veth with IPv6, counts for nothing, and the next SYN a second later brings another.
   */
  readonly icmpErrors: number;
}

/** A flow that stays: a TCP connection, or a UDP socket whose port does not change, asked again under its name. */
export interface FlowRequest extends SocketTarget {
  readonly flow: string;
  readonly protocol: AgentProtocol;
  readonly timeoutMs: number;
  readonly source?: string;
}

/** Many short connections. */
export interface LoadRequest {
  readonly targets: readonly SocketTarget[];
  /** Connections in all; fewer when it is stopped first. */
  readonly connections: number;
  /** Connections at the same time. */
  readonly concurrency: number;
  readonly timeoutMs: number;
  /** Milliseconds that each of the `concurrency` rests after a connection; 0 unless given. */
  readonly pauseMs?: number;
  /** Source addresses, used in turn. */
  readonly sources?: readonly string[];
}

/** What became of many short connections. A connection is good when the server's answer arrived. */
export interface LoadReport {
  readonly attempted: number;
  readonly failed: number;
  /** Failures by the system's word for them (`ECONNREFUSED`, `ECONNRESET`, `timeout`, …). */
  readonly failures: Readonly<Record<string, number>>;
  /** Good connections by the server's own `address:port`. */
  readonly answeredBy: Readonly<Record<string, number>>;
  readonly seconds: number;
  /** Milliseconds from connecting to the answer. */
  readonly p50: number;
  readonly p99: number;
}

/** What an agent can be asked, and what it returns. */
export interface AgentOperations {
  listen: { request: { listeners: readonly Listener[] }; response: null };
  unlisten: { request: { listeners: readonly Listener[] }; response: null };
  probe: { request: ProbeRequest; response: ProbeReport };
  flow: { request: FlowRequest; response: Try };
  closeFlows: { request: null; response: null };
  load: { request: LoadRequest; response: LoadReport };
  /** Ends a load early; the load then reports what it has done. */
  stopLoad: { request: null; response: null };
}

/** One line to an agent. */
export type AgentRequest = {
  [O in keyof AgentOperations]: { id: number; op: O; request: AgentOperations[O]['request'] };
}[keyof AgentOperations];

/** One line from an agent. */
export type AgentResponse = { id: number; result: unknown } | { id: number; error: string };
