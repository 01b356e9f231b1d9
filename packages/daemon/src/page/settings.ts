import type { Status } from '../status/status.js';
import { html } from './html.js';
import type { Content, Html } from './html.js';
import { age, count, duration, number, words } from './words.js';

/** The numbers at the top. */
export function figures({ table, quarantine, diagnostics, syncs, now }: Status): Html {
  const { lastSuccess, duration: took } = syncs;
  const conflicts = diagnostics.byCode['address-conflict'] ?? 0;
  const entries: readonly (readonly [string, Content])[] = [
    ['Services', number(table?.services ?? 0)],
    ['Service ports', number(table?.servicePorts ?? 0)],
    ['Endpoint slots', number(table?.slots ?? 0)],
    ['In quarantine', html`<span class="${quarantine.total > 0 ? 'bad' : ''}">${number(quarantine.total)}</span>`],
    ['Conflicts', html`<span class="${conflicts > 0 ? 'warn' : ''}">${number(conflicts)}</span>`],
    ['Last sync', lastSuccess === undefined ? '–' : `${age(now - lastSuccess)} ago`],
    ['Sync, median', duration(took.median)],
    ['Sync, 99%', duration(took.p99)],
  ];
  return html`<dl class="figures" id="figures" data-live>
    ${entries.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

/** What the node and the configuration make of the table. */
export function settingsSection({ settings, network, software, table }: Status): Html {
  const entries: readonly (readonly [string, Content])[] = [
    ['Table', html`<code>${table === undefined ? 'not loaded yet' : `inet ${table.name}`}</code>`],
    ['Families', settings.families.join(', ')],
    [
      'Masquerade',
      html`mark <code>0x${settings.masqueradeMark.toString(16)}</code>,
        ${settings.masqueradeAll ? 'all traffic to cluster IPs' : 'where it must be'}`,
    ],
    ...settings.families.map((family) => [`Local pods, ${family}`, localPods(settings.localPods[family])] as const),
    ...settings.families.map(
      (family) =>
        [
          `Node ports, ${family}`,
          settings.nodePorts[family].kind === 'all'
            ? 'at every address of this node'
            : addresses(network.nodePortAddresses.filter((address) => address.includes(':') === (family === 'IPv6'))),
        ] as const,
    ),
    ['Cluster IP ranges', addresses(network.serviceCIDRs)],
    ['Runs on', words(`Linux ${software.kernel}, nft ${software.nft}, Node ${software.node}`)],
  ];
  return html`<section id="settings" data-live aria-labelledby="settings-title">
    <h2 id="settings-title">This node</h2>
    <dl class="settings">
      ${entries.map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>
  </section>`;
}

function localPods(detector: Status['settings']['localPods']['IPv4']): Content {
  if (detector === undefined) return 'not told from other traffic';
  if (detector.kind === 'source') return html`by source address, <code>${words(detector.cidr)}</code>`;
  return html`by interface, <code>${words(detector.name)}${detector.prefix && '…'}</code>`;
}

function addresses(list: readonly string[]): Content {
  if (list.length === 0) return html`<span class="soft">none</span>`;
  const shown = list.slice(0, 12).map(words).join(', ');
  return html`<code>${shown}</code>${list.length > 12 && html` and ${count(list.length - 12, 'other')}`}`;
}
