import type { Lab, LoadReport, SocketTarget } from '../lab/index.js';

/** Where traffic goes. */
export interface TrafficTargets {
  readonly tcp: readonly SocketTarget[];
  readonly udp: readonly SocketTarget[];
}

/** What became of traffic. All failures are counted, none is tried again. */
export interface TrafficReport {
  /** TCP connections and UDP flows that were open all the time. */
  readonly open: number;
  /** Questions asked on them, and those that got no answer or that of another endpoint. */
  readonly asked: number;
  readonly broken: readonly string[];
  /** New TCP connections. */
  readonly connections: readonly LoadReport[];
  /** Datagrams from new sockets. */
  readonly datagrams: number;
  readonly lostDatagrams: readonly string[];
}

/** Traffic that goes on until it is stopped; to stop it again is to ask for the same report. */
export interface Traffic {
  stop(): Promise<TrafficReport>;
}

const perTarget = 3;

/** Milliseconds between two rounds of questions: enough traffic to notice a gap of a few milliseconds, and no more. */
const pause = 50;

/**
 * Opens flows to every target and asks on them again and again, and makes new connections and datagrams meanwhile: from
 * the outside client and from a pod of the node.
 */
export async function startTraffic(lab: Lab, { tcp, udp }: TrafficTargets): Promise<Traffic> {
  const sources = ['client', '10.244.1.49'];
  let isStopped = false;
  const broken: string[] = [];
  const lost: string[] = [];
  let asked = 0;
  let datagrams = 0;

  const endpoints = new Map<string, string>();
  const flows = sources.flatMap((from) =>
    [
      ...tcp.map((to) => ({ ...to, protocol: 'TCP' as const })),
      ...udp.map((to) => ({ ...to, protocol: 'UDP' as const })),
    ].flatMap((to) =>
      Array.from({ length: perTarget }, (_, index) => ({ from, to, flow: JSON.stringify([from, to, index]) })),
    ),
  );
  const askAll = async (): Promise<void> => {
    await Promise.all(
      flows.map(async ({ from, to, flow }) => {
        asked += 1;
        const { outcome, answer } = await lab.flow(from, { ...to, flow, timeoutMs: 5_000 });
        const endpoint = answer?.address ?? outcome;
        const first = endpoints.get(flow) ?? endpoint;
        endpoints.set(flow, first);
        if (outcome !== 'answered' || endpoint !== first) broken.push(`${flow}: ${first}, then ${endpoint}`);
      }),
    );
  };
  const sendDatagrams = async (): Promise<void> => {
    for (const from of sources) {
      for (const to of udp) {
        const { tries } = await lab.probe(from, { ...to, protocol: 'UDP', tries: 4, timeoutMs: 5_000 });
        datagrams += tries.length;
        lost.push(
          ...tries
            .filter(({ outcome }) => outcome !== 'answered')
            .map(({ outcome }) => `${from} ${to.address} ${outcome}`),
        );
      }
    }
  };
  const again = async (work: () => Promise<void>): Promise<void> => {
    while (!isStopped) {
      await work();
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  };

  await askAll();
  const loads = await Promise.all(
    sources.map((from) =>
      lab.load(from, { targets: tcp, connections: 1_000_000, concurrency: 4, timeoutMs: 8_000, pauseMs: 5 }),
    ),
  );
  const running = [again(askAll), again(sendDatagrams)];

  const end = async (): Promise<TrafficReport> => {
    isStopped = true;
    await Promise.all([...running, ...loads.map((load) => load.stop())]);
    await askAll();
    const connections = await Promise.all(loads.map(({ done }) => done));
    await lab.closeFlows();
    return { open: flows.length, asked, broken, connections, datagrams, lostDatagrams: lost };
  };
  let ended: Promise<TrafficReport> | undefined;
  return { stop: () => (ended ??= end()) };
}
