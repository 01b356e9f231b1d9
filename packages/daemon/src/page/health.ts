import type { Diagnostic } from '@nftproxier/core';
import type { WatchStatus } from '../reflector/index.js';
import type { Problem } from '../status/problems.js';
import type { SourceReport } from '../status/source.js';
import type { Status } from '../status/status.js';
import { html } from './html.js';
import type { Content, Html } from './html.js';
import { linkTo } from './services.js';
import { table } from './table.js';
import { age, count, number, words } from './words.js';

/** What is wrong with this proxy; nothing where nothing is. */
export function problemList(problems: readonly Problem[]): Html {
  const isBad = problems.some(({ severity }) => severity === 'error');
  return html`<div id="problems" data-live>
    ${
      problems.length > 0 &&
      html`<ul class="problems ${isBad ? 'bad' : ''}" aria-label="Problems">
        ${problems.map(
          ({ severity, message }) =>
            html`<li>
              <strong class="${severity === 'error' ? 'bad' : 'warn'}"
                >${severity === 'error' ? 'Error' : 'Warning'}</strong
              >
              ${words(message)}
            </li>`,
        )}
      </ul>`
    }
  </div>`;
}

/** Services that nft refused, with reasons. */
export function quarantineSection({ quarantine: { total, services }, now }: Status): Html {
  const columns = [{ name: 'Service' }, { name: 'Since' }, { name: 'Meanwhile' }, { name: 'Reason' }];
  const rows = services.map(({ service, since, servesEarlierState, code, message }) => [
    html`<a href="${linkTo(service)}">${words(service)}</a>`,
    html`<span class="line">${since === undefined ? '–' : `${age(now - since)} ago`}</span>`,
    servesEarlierState ? 'serves what it had' : html`<span class="bad">is not served</span>`,
    html`<code>${words(code)}</code> ${words(message)}`,
  ]);
  return html`<section id="quarantine" data-live aria-labelledby="quarantine-title">
    <h2 id="quarantine-title">Quarantine <small>${number(total)}</small></h2>
    ${
      total === 0
        ? html`<p class="soft">No Service is refused by nft.</p>`
        : table('Services whose latest change nft or the kernel refused. All others are served.', columns, rows)
    }
  </section>`;
}

/** Conflicts and everything else that could not be used of objects. */
export function diagnosticsSection({ diagnostics: { total, conflicts, others, byCode } }: Status): Html {
  const rows = (list: readonly Diagnostic[]): readonly (readonly Content[])[] =>
    list.map(({ kind, namespace, name, field, code, message }) => [
      kind === 'Service'
        ? html`<a href="${linkTo(`${namespace}/${name}`)}">${words(`${namespace}/${name}`)}</a>`
        : html`<span class="soft">${words(kind)}</span> ${words(`${namespace}/${name}`)}`,
      html`<code>${words(field)}</code>`,
      html`<code class="line">${code}</code>`,
      words(message),
    ]);
  const columns = [{ name: 'Object' }, { name: 'Field' }, { name: 'Code' }, { name: 'What, and what to do' }];
  const conflicting = byCode['address-conflict'] ?? 0;
  const shown = (list: readonly Diagnostic[], all: number): string =>
    all > list.length ? ` The first ${String(list.length)} of ${number(all)}.` : '';
  return html`<section id="diagnostics" data-live aria-labelledby="diagnostics-title">
    <h2 id="diagnostics-title">Objects with problems <small>${number(total)}</small></h2>
    ${total === 0 && html`<p class="soft">Everything in Services and EndpointSlices can be used.</p>`}
    ${
      conflicts.length > 0 &&
      html`<h3>Conflicts <small>${number(conflicting)}</small></h3>
        ${table(`Addresses and ports that several Services ask for.${shown(conflicts, conflicting)}`, columns, rows(conflicts))}`
    }
    ${
      others.length > 0 &&
      html`<h3>Left out <small>${number(total - conflicting)}</small></h3>
        ${table(`What could not be used; the rest of each object is.${shown(others, total - conflicting)}`, columns, rows(others))}`
    }
  </section>`;
}

/** Where objects come from, and how well. */
export function sourceSection(source: SourceReport, now: number): Html {
  return html`<section id="source" data-live aria-labelledby="source-title">
    ${
      source.kind === 'manifests'
        ? html`<h2 id="source-title">Manifests</h2>
            <p>
              Read from <code>${words(source.directory)}</code>; ${count(source.failures, 'attempt')} to read a file
              failed.
            </p>`
        : html`<h2 id="source-title">Watches</h2>
            ${table('Of the API server, by kind of object', watchColumns, watchRows(source.watches, now))}`
    }
  </section>`;
}

const watchColumns = [
  { name: 'Kind' },
  { name: 'State' },
  { name: 'Objects', numeric: true },
  { name: 'Version', numeric: true },
  { name: 'Last byte', numeric: true },
  { name: 'Lists', numeric: true },
  { name: 'Watches', numeric: true },
  { name: 'Errors', numeric: true },
  { name: 'Latest error' },
];

function watchRows(watches: readonly WatchStatus[], now: number): readonly (readonly Content[])[] {
  const ago = (time: number | undefined): string => (time === undefined ? '–' : `${age(now - time)} ago`);
  return watches.map((watch) => {
    const { kind, state, objects, resourceVersion, lastByteAt, staleSince, lists, watches: asked, errors } = watch;
    const look = watch.warnings.length > 0 ? 'bad' : staleSince === undefined ? 'good' : 'warn';
    const { lastError } = watch;
    return [
      words(kind),
      html`<span class="state ${look}">${state}</span
        >${staleSince !== undefined && html` <span class="soft">for ${age(now - staleSince)}</span>`}`,
      number(objects),
      words(resourceVersion ?? '–'),
      ago(lastByteAt),
      number(lists),
      number(asked),
      number(errors),
      lastError === undefined
        ? html`<span class="soft">none</span>`
        : html`<span class="soft line">${ago(lastError.at)}</span> ${words(lastError.message)}`,
    ];
  });
}
