import type { Algorithm, Decision, Frontend } from '@nftproxier/core';
import type { PortDetail, ServiceDetail, SlotDetail, SlotList } from '../status/services.js';
import { html } from './html.js';
import type { Content, Html } from './html.js';
import { serviceStates } from './services.js';
import { table } from './table.js';
import { age, at, count, frontendNames, number, rate, words } from './words.js';

/** One Service: where it is reached, what happens to connections, and who answers them. */
export function servicePage(detail: ServiceDetail, now: number): Html {
  const { service, state, refusal, counted, problems, ports } = detail;
  const { look, text } = serviceStates[state];
  return html`<p><a href="/#services">← All Services</a></p>
    <div id="service" data-live>
      <h2>${words(service)} <small class="state ${look}">${text}</small></h2>
      ${
        refusal !== undefined &&
        html`<ul class="problems bad">
          <li>
            <strong class="bad">Refused</strong> ${refusal.since !== undefined && `for ${age(now - refusal.since)}:`}
            <code>${words(refusal.code)}</code> ${words(refusal.message)}
            ${refusal.servesEarlierState ? 'What is below stays in force.' : 'Nothing of it is served.'}
          </li>
        </ul>`
      }
      ${
        problems.length > 0 &&
        html`<ul class="problems">
          ${problems.map(
            ({ kind, namespace, name, field, message }) =>
              html`<li>
                <span class="soft">${words(`${kind} ${namespace}/${name}`)}</span>
                <code>${words(field)}</code> ${words(message)}
              </li>`,
          )}
        </ul>`
      }
      ${
        counted !== undefined &&
        html`<p>
          ${count(counted.connections, 'new connection')} since the start, ${rate(counted.perSecond)} a second.
        </p>`
      }
      ${ports.length === 0 && html`<p class="soft">The kernel has no rules for this Service.</p>`}
      ${ports.map(portPart)}
      <p class="soft">
        The same as JSON: <a href="/services/${words(service)}">/services/${words(service)}</a>, all of it:
        <a href="/plans?service=${encodeURIComponent(service)}">/plans?service=${words(service)}</a>
      </p>
    </div>`;
}

function portPart(port: PortDetail): Html {
  const { portName, protocol, family, frontends, algorithm, affinitySeconds, cluster, local } = port;
  const name = [portName === '' ? undefined : portName, protocol, family].filter(Boolean).join(', ');
  const affinity =
    affinitySeconds === undefined ? '' : `; a client stays with its endpoint for ${age(affinitySeconds * 1_000)}`;
  return html`<h3>${words(name)} <small>${count(cluster.total, 'endpoint')}${affinity}</small></h3>
    ${table(
      'Where it is reached, and what happens to new connections',
      [
        { name: 'Address' },
        { name: 'Kind' },
        { name: 'From pods here' },
        { name: 'From this node' },
        { name: 'From elsewhere' },
      ],
      frontends.map(frontendRow),
    )}
    ${slotTable(`Endpoints, by slot: ${choices[algorithm.kind]}`, cluster, algorithm)}
    ${local.total > 0 && slotTable('Endpoints on this node, for traffic that must stay', local, algorithm)}`;
}

function frontendRow(frontend: Frontend): readonly Content[] {
  const { kind, port, outcome } = frontend;
  const ranges = frontend.kind === 'NodePort' ? [] : frontend.sourceRanges;
  return [
    html`<code>${frontend.kind === 'NodePort' ? `:${String(port)}` : at(frontend.address, port)}</code>`,
    html`${frontendNames[kind]}${
      ranges.length > 0 &&
      html` <span class="soft">only for ${words(ranges.slice(0, 8).join(', '))}${ranges.length > 8 && '…'}</span>`
    }`,
    decision(outcome.pods),
    decision(outcome.node),
    decision(outcome.outside),
  ];
}

function decision(what: Decision): Content {
  switch (what.kind) {
    case 'balance': {
      const where = what.over === 'cluster' ? 'to any endpoint' : 'to endpoints on this node';
      return html`${where}${what.masquerade && html`, <span class="soft">masqueraded</span>`}`;
    }
    case 'reject':
      return html`<span class="bad">refused: no endpoints</span>`;
    case 'drop':
      return html`<span class="warn">dropped: none on this node</span>`;
  }
}

/** How one of several endpoints is chosen. */
const choices: Readonly<Record<Algorithm['kind'], string>> = {
  random: 'each gets the same share',
  weighted: 'each gets a share in proportion to its weight',
  'source-hash': 'chosen by a hash of the client, in proportion to their weights',
  maglev: 'chosen by a hash of the client over a Maglev table, in proportion to their weights',
};

const countColumns = [
  { name: 'New a second', numeric: true },
  { name: 'Since the start', numeric: true },
];

function slotTable(caption: string, { total, backends }: SlotList, { kind }: Algorithm): Html | undefined {
  if (total === 0) return undefined;
  const isEven = kind === 'random';
  const isCounted = backends.some(({ counted }) => counted !== undefined);
  const share = `${(100 / total).toPrecision(3)}%`;
  const more = total > backends.length ? ` (the first ${number(backends.length)} of ${number(total)})` : '';
  return table(
    `${caption}${more}`,
    [
      { name: 'Slot', numeric: true },
      { name: 'Endpoint' },
      { name: 'Where' },
      { name: isEven ? 'Share' : 'Weight', numeric: true },
      ...(isCounted ? countColumns : []),
    ],
    backends.map(({ address, port, local, weight = 1, counted }: SlotDetail, slot) => [
      number(slot),
      html`<code>${at(address, port)}</code>`,
      local ? 'this node' : html`<span class="soft">another node</span>`,
      isEven ? share : number(weight),
      ...(isCounted ? [rate(counted?.perSecond ?? 0), number(counted?.connections ?? 0)] : []),
    ]),
  );
}
