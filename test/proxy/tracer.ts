import { Loader, tracePacket } from '@nftproxier/nft';
import { FakeNft, createFakeLoadTarget, keyText } from '@nftproxier/nft/testing';
import type { Ruleset } from '@nftproxier/nft/testing';
import type { SetUpdate, Trace } from '@nftproxier/nft';
import { Syncer } from '../../packages/daemon/src/sync/syncer.js';
import { socketAddress } from '../lab/index.js';
import { nodeAddresses } from '../scenarios/tracing.js';
import type { TracePacket, TraceResult, TracedProxy } from '../scenarios/tracing.js';
import { ScenarioCluster } from './world.js';

/** The daemon's own parts on the fake instead of the kernel, and the tracer over what it holds. */
export function startTracedProxy(): TracedProxy {
  const fake = new FakeNft();
  const loader = new Loader(createFakeLoadTarget(fake));
  let cluster: ScenarioCluster | undefined;
  let syncer: Syncer | undefined;
  let localAddresses: readonly string[] = nodeAddresses;
  return {
    async apply(world) {
      localAddresses = [...nodeAddresses, ...world.node.extraAddresses];
      if (cluster === undefined) cluster = new ScenarioCluster(world);
      else cluster.apply(world);
      const known = cluster;
      syncer ??= new Syncer({
        cluster: known.state,
        loader,
        required: ['Service', 'EndpointSlice'],
        wishes: () => known.wishes,
        onDiagnostic: () => undefined,
      });
      const report = await syncer.sync();
      const [refused] = report?.applied.refused ?? [];
      if (refused !== undefined) throw refused.error;
    },
    trace: (packet) => {
      const trace = traced(fake, packet, localAddresses);
      return resultOf(trace, (updates) => traced(remembering(fake, updates), packet, localAddresses));
    },
  };
}

function traced(ruleset: Ruleset, packet: TracePacket, localAddresses: readonly string[]): Trace {
  const { protocol, inputInterface } = packet;
  return tracePacket(
    ruleset,
    {
      // An echo request has no port: it finds no service, like a packet to port 0, which no service has.
      protocol: protocol === 'ICMP' ? 'tcp' : wordOf(protocol),
      port: protocol === 'ICMP' ? 0 : packet.port,
      from: packet.source,
      to: packet.address,
      arrives: inputInterface === undefined ? { kind: 'local' } : { kind: 'interface', name: inputInterface },
    },
    { localAddresses },
  );
}

function wordOf(protocol: 'TCP' | 'UDP' | 'SCTP'): 'tcp' | 'udp' | 'sctp' {
  return protocol === 'TCP' ? 'tcp' : protocol === 'UDP' ? 'udp' : 'sctp';
}

const verdicts = { dnat: 'answered', accept: 'untouched', drop: 'dropped', reject: 'rejected' } as const;

function resultOf(trace: Trace, again: (updates: readonly SetUpdate[]) => Trace): TraceResult {
  if (trace.verdict === 'mixed')
    throw new Error(`the fate of a packet must not be left to chance: ${JSON.stringify(trace.outcomes)}`);
  const masquerade = new Map(trace.outcomes.map((outcome) => [endpointText(outcome.endpoint), outcome.masquerade]));
  const isSticky = trace.outcomes.every(({ endpoint, updates }) => {
    const next = again(updates).endpoints;
    return updates.length > 0 && next.length === 1 && endpointText(next[0]) === endpointText(endpoint);
  });
  return {
    verdict: verdicts[trace.verdict],
    endpoints: trace.endpoints.map(endpointText),
    masquerade: (endpoint) => masquerade.get(endpoint) ?? false,
    sticky: isSticky,
  };
}

function endpointText(endpoint: { readonly address: string; readonly port: number } | undefined): string {
  return endpoint === undefined ? '' : socketAddress(endpoint.address, endpoint.port);
}

/** The same ruleset with entries that a packet left in dynamic sets. */
function remembering(ruleset: Ruleset, updates: readonly SetUpdate[]): Ruleset {
  const tables = new Map(ruleset.tables);
  for (const { table, set, key } of updates) {
    const found = tables.get(table);
    const state = found?.sets.get(set);
    if (found === undefined || state === undefined) continue;
    const elements = new Map(state.elements).set(keyText(key), { key });
    tables.set(table, { ...found, sets: new Map(found.sets).set(set, { ...state, elements }) });
  }
  return { tables };
}
