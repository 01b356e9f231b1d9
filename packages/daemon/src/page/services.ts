import type { ServiceList } from '../status/pages.js';
import type { FrontendSummary, ServiceState, ServiceSummary } from '../status/services.js';
import { html } from './html.js';
import type { Content, Html } from './html.js';
import { table } from './table.js';
import { at, count, frontendNames, number, words } from './words.js';

/** How a Service stands, in words and a colour. */
export const serviceStates: Readonly<Record<ServiceState, { readonly look: string; readonly text: string }>> = {
  served: { look: 'good', text: 'served' },
  pending: { look: 'wait', text: 'pending' },
  refused: { look: 'bad', text: 'refused' },
};

/** Headless Services, ExternalName, and those that another proxy is to serve. */
const noRules = { look: 'wait', text: 'needs no rules' };

/** The Services with their search: a plain form, and a table of one page. */
export function servicesSection(list: ServiceList, search: string): Html {
  return html`<section aria-labelledby="services">
    <h2 id="services">Services <small>${number(list.total)}</small></h2>
    <form class="search" method="get" action="/#services" role="search">
      <label for="search">Search</label>
      <input
        type="search"
        id="search"
        name="search"
        value="${words(search)}"
        placeholder="name, namespace/, 10.96.0.1, :8080"
        autocomplete="off"
        spellcheck="false"
        maxlength="200"
      />
      <button type="submit">Find</button>
      ${search !== '' && html`<a href="/#services">All Services</a>`}
    </form>
    <div id="services-list" data-live>${listed(list, search)}</div>
  </section>`;
}

function listed(list: ServiceList, search: string): Html {
  const { services, matches, skipped, next, previous } = list;
  if (services.length === 0) {
    return html`<p class="soft">
      ${search === '' ? 'There are no Services.' : `No Service matches “${words(search)}”.`}
    </p>`;
  }
  const caption = `${number(skipped + 1)}–${number(skipped + services.length)} of ${count(matches, 'Service')}${search === '' ? '' : ` for “${words(search)}”`}`;
  const columns = [
    { name: 'Service' },
    { name: 'Reached at' },
    { name: 'Endpoints', numeric: true },
    { name: 'On this node', numeric: true },
    { name: 'State' },
  ];
  const to = (query: Readonly<Record<string, string>>): string =>
    `/?${new URLSearchParams({ ...(search === '' ? {} : { search }), ...query }).toString()}#services`;
  return html`${table(caption, columns, services.map(row))}
  ${
    (next !== undefined || previous !== undefined) &&
    html`<nav class="pages" aria-label="Pages of Services">
      ${previous !== undefined && html`<a rel="prev" href="${to({ before: previous })}">← Previous</a>`}
      ${next !== undefined && html`<a rel="next" href="${to({ after: next })}">Next →</a>`}
    </nav>`
  }`;
}

function row(summary: ServiceSummary): readonly Content[] {
  const { service, state, frontends, moreFrontends, endpoints, localEndpoints, diagnostics } = summary;
  const { look, text } = state === 'served' && frontends.length === 0 ? noRules : serviceStates[state];
  return [
    html`<a href="${linkTo(service)}">${words(service)}</a>`,
    html`<ul class="plain">
      ${frontends.map((frontend) => html`<li class="line">${frontendText(frontend)}</li>`)}
      ${moreFrontends > 0 && html`<li class="soft">and ${number(moreFrontends)} more</li>`}
    </ul>`,
    number(endpoints),
    number(localEndpoints),
    html`<span class="state ${look}">${text}</span
      >${diagnostics > 0 && html` <span class="warn line">${count(diagnostics, 'problem')}</span>`}`,
  ];
}

function frontendText(frontend: FrontendSummary): Html {
  const { kind, address, port, protocol } = frontend;
  const where = address === undefined ? `:${String(port)}` : at(address, port);
  return html`<code>${where}</code> <span class="soft">${protocol}, ${frontendNames[kind]}</span>`;
}

/** Where a Service's own page is. */
export function linkTo(service: string): string {
  return `/page/${service.split('/').map(encodeURIComponent).join('/')}`;
}
