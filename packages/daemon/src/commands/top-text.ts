import { age, at, count, duration, number, rate } from '../page/words.js';
import { printable } from '../status/text.js';
import type { Top } from '../status/top.js';
import { columns } from './columns.js';
import type { Paint } from './paint.js';
import { paragraphs } from './status-text.js';

/** Who gets the most new connections, for a person. */
export function topText(top: Top, color: Paint): string {
  const { counters, connections, services, endpoints, startTime, now, period } = top;
  if (counters === 'off') {
    return 'Connections are not counted: nftproxier.counters is off. Set it to "services" or "endpoints"; it takes effect when the daemon starts.\n';
  }
  const all = `${count(connections.connections, 'new connection')} in ${age(now - startTime)}`;
  return paragraphs([
    [
      color.strong(`${all}, ${rate(connections.perSecond)} a second`),
      services.total === 0
        ? `No counter has been read yet: it takes ${duration(period)} to read all.`
        : `A rate is that of the last ${duration(period)}.`,
    ],
    services.total === 0
      ? []
      : [
          ...columns(
            ['SERVICE', 'PER SECOND', 'CONNECTIONS'],
            services.shown.map(({ service, ...counted }) => [printable(service), ...numbers(counted)]),
          ),
          ...more(services.total - services.shown.length),
        ],
    endpoints.total === 0
      ? []
      : [
          ...columns(
            ['ENDPOINT', 'PROTOCOL', 'PER SECOND', 'CONNECTIONS'],
            endpoints.shown.map(({ address, port, protocol, ...counted }) => [
              at(address, port),
              printable(protocol).toUpperCase(),
              ...numbers(counted),
            ]),
          ),
          ...more(endpoints.total - endpoints.shown.length),
        ],
  ]);
}

function numbers({ perSecond, connections }: Top['connections']): readonly string[] {
  return [rate(perSecond), number(connections)];
}

function more(left: number): readonly string[] {
  return left > 0 ? [`and ${number(left)} more`] : [];
}
