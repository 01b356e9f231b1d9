import { endpointText } from './statement.js';
import type { Trace, TraceOutcome } from './trace.js';
import type { Step } from './world.js';

/**
 * A trace for people: where the packet goes, then each step that had an effect and why it had, and for outcomes that part
 * the steps of each.
 *
 * @param options.all include the rules that did not match.
 */
export function renderTrace(trace: Trace, options: { readonly all?: boolean } = {}): string {
  const { outcomes } = trace;
  const shown = (steps: readonly Step[]): readonly string[] =>
    steps.filter(({ matched }) => options.all === true || matched).flatMap(stepLines);
  const [only] = outcomes;
  const lines =
    outcomes.length === 1 && only
      ? [...shown([...trace.steps, ...only.steps]), summary(only)]
      : [
          ...shown(trace.steps),
          ...outcomes.flatMap((outcome) => [summary(outcome), ...shown(outcome.steps).map(indent)]),
        ];
  return `${[headline(trace), ...lines].join('\n')}\n`;
}

function headline({ packet }: Trace): string {
  const { protocol, from, sourcePort, to, port, arrives } = packet;
  const source = sourcePort === undefined ? from : endpointText(from, sourcePort);
  const way = arrives.kind === 'local' ? 'from this node' : `arriving on ${arrives.name}`;
  return `${protocol} ${source} to ${endpointText(to, port)}, ${way}${packet.established ? ', established' : ''}`;
}

function stepLines({ hook, table, chain, rule, text, decided }: Step): readonly string[] {
  const place = `${hook}: ${table} ${chain}`;
  if (rule === undefined || text === undefined) return [`${place}: ${decided}`];
  return [`${place} ${String(rule + 1)}: ${text}`, indent(decided)];
}

function summary({ verdict, endpoint, share, masquerade, updates }: TraceOutcome): string {
  const chance = share > 1 - 1e-9 ? '' : ` ${(share * 100).toFixed(1)} %`;
  const end = endpoint ? `to ${endpointText(endpoint.address, endpoint.port)}` : words[verdict];
  const source = masquerade ? ', masqueraded' : '';
  const sets = [...new Set(updates.map(({ set }) => set))].map((set) => `, remembered in ${set}`);
  return `=>${chance} ${end}${source}${sets.join('')}`;
}

const words = { dnat: 'to another destination', accept: 'on, unchanged', drop: 'dropped', reject: 'rejected' } as const;

function indent(line: string): string {
  return `    ${line}`;
}
