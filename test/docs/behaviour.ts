import type { Scenario } from '../scenarios/format.js';
import { rows } from '../scenarios/rows.js';

/** What a group of rows is about: their names begin with its number. */
interface Topic {
  readonly number: string;
  readonly title: string;
  /** What a reader of the rows must know. */
  readonly note?: string;
}

/** The topics, in the order of the page. */
export const topics: readonly Topic[] = [
  { number: '1', title: 'Services and EndpointSlices' },
  { number: '2.1', title: 'Which endpoints are used' },
  { number: '2.2', title: 'Topology hints' },
  { number: '2.3', title: 'Nothing to choose from' },
  { number: '2.4', title: 'externalTrafficPolicy: Local' },
  {
    number: '2.5',
    title: 'Who is answered by whom, and seen as whom',
    note: 'Pods are told by `detectLocalMode: ClusterCIDR` where a row does not say otherwise. An external address is a node port, a load balancer’s address or an external IP.',
  },
  {
    number: '2.6',
    title: 'States of endpoints',
    note: 'R is a remote endpoint and L a local one; T after them: terminating, and serving. Where no policy is named, both are Cluster.',
  },
  { number: '2.7', title: 'The choice' },
  { number: '3.3', title: 'Frontends' },
  { number: '3.4', title: 'Masquerade' },
  { number: '3.5', title: 'loadBalancerSourceRanges' },
  { number: '3.6', title: 'Session affinity' },
  { number: '3.7', title: 'Cluster IPs that lead nowhere' },
  { number: '3.8', title: 'Node ports' },
  { number: '3.9', title: 'Which traffic is that of local pods' },
  { number: '3.10', title: 'Protocols and neighbours' },
  { number: 'family', title: 'Address families' },
  { number: '4', title: 'Changes' },
  { number: '4.8', title: 'Flows without connections' },
];

/** The number of the topic that a row belongs to. */
export function topicOf(row: string): string {
  return row.slice(0, row.indexOf('/'));
}

/** Where the page of the scenarios is, seen from docs/. */
const folder = '../test/scenarios/';

/** The tables of docs/behaviour.md: every row with the scenarios that cover it, by topic. */
export function behaviourTables(scenarios: readonly Scenario[]): string {
  const traced = scenarios.filter(({ runs }) => runs.tracer === true).length;
  const counts = `${String(Object.keys(rows).length)} behaviours, ${String(scenarios.length)} scenarios: all with real packets, ${String(traced)} traced too.`;
  return [counts, ...topics.map((topic) => section(topic, scenarios))].join('\n\n');
}

function section({ number, title, note }: Topic, scenarios: readonly Scenario[]): string {
  const heading = /^\d/.test(number) ? `### ${number} ${title}` : `### ${title}`;
  const lines = Object.entries(rows)
    .filter(([row]) => topicOf(row) === number)
    .map(([row, behaviour]) => `| ${cell(behaviour)} | \`${row}\` | ${proofs(row, scenarios)} |`);
  const table = ['| Behaviour | Row | Scenarios |', '|---|---|---|', ...lines].join('\n');
  return [heading, ...(note === undefined ? [] : [note]), table].join('\n\n');
}

function proofs(row: string, scenarios: readonly Scenario[]): string {
  return scenarios
    .filter(({ covers }) => covers.some((covered) => covered === row))
    .map(({ file, runs }) => {
      const link = `[${file.replace(/\.yaml$/, '')}](${folder}${file})`;
      return runs.tracer === true ? link : `${link}\u00a0\\*`;
    })
    .join(', ');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

const start = '<!-- Generated from test/scenarios (vitest -u writes it anew): edit that, not this part. -->';
const end = '<!-- End of the generated part. -->';

/** The page with other tables. @throws Error if the page has no place for them. */
export function withTables(page: string, tables: string): string {
  const from = page.indexOf(start);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`docs/behaviour.md must have the lines\n${start}\n${end}`);
  return `${page.slice(0, from + start.length)}\n\n${tables}\n\n${page.slice(to)}`;
}
