import type { SyncHistory, SyncRecord } from '../status/history.js';
import type { LatencySummary } from '../status/latency.js';
import type { Status } from '../status/status.js';
import { chart } from './chart.js';
import { html } from './html.js';
import type { Content, Html } from './html.js';
import { table } from './table.js';
import { age, clock, count, duration, number, words } from './words.js';

/** How syncs went: two charts and a table of the latest. */
export function syncsSection(
  { syncs, now }: Status,
  { records, programming }: Pick<SyncHistory, 'records' | 'programming'>,
): Html {
  const ran = syncs.changes + syncs.replacements + syncs.failures;
  const dots = records.map((record) => ({ ...record, look: lookOf(record), label: labelOf(record) }));
  const arrived = programming.map(
    (sample) => ({ ...sample, look: 'change', label: `${clock(sample.at)} UTC` }) as const,
  );
  return html`<section id="syncs" data-live aria-labelledby="syncs-title">
    <h2 id="syncs-title">Syncs <small>${number(ran)} since the start, ${number(syncs.failures)} failed</small></h2>
    <div class="charts">
      ${figure('Duration of a sync', syncs.duration, chart('chart-syncs', title('Duration of the latest syncs', syncs.duration), dots, now), legend)}
      ${figure(
        'From a change of endpoints to the kernel',
        syncs.programming,
        chart(
          'chart-programming',
          title('Time from a change of endpoints to the kernel', syncs.programming),
          arrived,
          now,
        ),
      )}
    </div>
    <h3>Latest</h3>
    ${
      syncs.recent.length === 0
        ? html`<p class="soft">Nothing was written yet.</p>`
        : table(
            'Syncs that wrote something or failed, the latest first',
            columns,
            syncs.recent.map((record) => row(record, now)),
          )
    }
  </section>`;
}

const legend = html`<p class="soft">● a change &nbsp; □ the whole table &nbsp; × failed</p>`;

function figure(name: string, { samples, median, p99, longest }: LatencySummary, drawing: Html, below?: Html): Html {
  return html`<figure>
    <figcaption>
      <strong>${name}</strong>
      ${
        samples === 0
          ? html`<span>nothing measured yet</span>`
          : html`<span>median ${duration(median)}</span><span>99% ${duration(p99)}</span
              ><span>longest ${duration(longest)}</span><span>of ${number(samples)}</span>`
      }
    </figcaption>
    ${drawing} ${below}
  </figure>`;
}

function title(what: string, { samples, median, p99 }: LatencySummary): string {
  return samples === 0
    ? `${what}: nothing measured yet`
    : `${what}: median ${duration(median)}, 99th percentile ${duration(p99)}, of ${String(samples)}`;
}

function lookOf({ ok, kind }: SyncRecord): 'change' | 'replace' | 'failed' {
  return ok ? kind : 'failed';
}

function labelOf({ at, services, elements, error }: SyncRecord): string {
  const what = error === undefined ? `${count(services, 'Service')}, ${count(elements, 'element')}` : error.code;
  return `${what}, ${clock(at)} UTC`;
}

const columns = [
  { name: 'When' },
  { name: 'What' },
  { name: 'Took', numeric: true },
  { name: 'Planning', numeric: true },
  { name: 'Writing', numeric: true },
  { name: 'Services', numeric: true },
  { name: 'Transactions', numeric: true },
  { name: 'Elements', numeric: true },
  { name: 'Refused', numeric: true },
];

function row(record: SyncRecord, now: number): readonly Content[] {
  const { at, ok, kind, milliseconds, phases, services, transactions, elements, refused, error } = record;
  return [
    html`<time class="line" datetime="${new Date(at).toISOString()}">${age(now - at)} ago</time>`,
    ok
      ? kind === 'replace'
        ? 'whole table'
        : 'change'
      : html`<span class="bad">failed</span> <code>${words(error?.code ?? '')}</code> ${words(error?.message ?? '')}`,
    duration(milliseconds),
    duration(phases?.plan),
    duration(phases?.write),
    number(services),
    number(transactions),
    number(elements),
    refused === 0 ? '0' : html`<span class="bad">${number(refused)}</span>`,
  ];
}
