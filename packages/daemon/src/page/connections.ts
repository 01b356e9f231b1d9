import type { EndpointConnections, ServiceConnections } from '@nftproxier/nft';
import type { Busiest, Top } from '../status/top.js';
import { html } from './html.js';
import type { Content, Html } from './html.js';
import { linkTo } from './services.js';
import { table } from './table.js';
import { age, at, count, duration, number, rate, words } from './words.js';

/** Who gets the most new connections. */
export function connectionsSection(top: Top): Html {
  const { counters, connections, services, endpoints, startTime, now, period } = top;
  return html`<section id="connections" data-live aria-labelledby="connections-title">
    <h2 id="connections-title">
      New connections
      ${counters !== 'off' && html`<small>${number(connections.connections)} in ${age(now - startTime)}, ${rate(connections.perSecond)} a second</small>`}
    </h2>
    ${counters === 'off' && html`<p class="soft">They are not counted: <code>nftproxier.counters</code> is off.</p>`}
    ${counters !== 'off' && services.total === 0 && html`<p class="soft">No counter has been read yet.</p>`}
    ${
      services.total > 0 &&
      table(
        `${shown(services, 'Service')}, the busiest first. A rate is that of the last ${duration(period)}.`,
        [{ name: 'Service' }, ...columns],
        services.shown.map(serviceRow),
      )
    }
    ${
      endpoints.total > 0 &&
      table(
        `${shown(endpoints, 'endpoint')}, of all Services together, the busiest first`,
        [{ name: 'Endpoint' }, ...columns],
        endpoints.shown.map(endpointRow),
      )
    }
  </section>`;
}

const columns = [
  { name: 'Per second', numeric: true },
  { name: 'Since the start', numeric: true },
];

function shown({ total, shown: list }: Busiest<unknown>, what: string): string {
  return total > list.length ? `${number(list.length)} of ${count(total, what)}` : count(total, what);
}

function serviceRow({ service, perSecond, connections }: ServiceConnections): readonly Content[] {
  return [html`<a href="${linkTo(service)}">${words(service)}</a>`, rate(perSecond), number(connections)];
}

function endpointRow({ address, port, protocol, perSecond, connections }: EndpointConnections): readonly Content[] {
  return [
    html`<code>${at(address, port)}</code> <span class="soft">${protocol.toUpperCase()}</span>`,
    rate(perSecond),
    number(connections),
  ];
}
