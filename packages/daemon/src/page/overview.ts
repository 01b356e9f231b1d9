import type { SyncHistory } from '../status/history.js';
import type { ServiceList } from '../status/pages.js';
import type { Status } from '../status/status.js';
import type { Top } from '../status/top.js';
import { connectionsSection } from './connections.js';
import { diagnosticsSection, problemList, quarantineSection, sourceSection } from './health.js';
import { html } from './html.js';
import type { Html } from './html.js';
import { servicesSection } from './services.js';
import { figures, settingsSection } from './settings.js';
import { syncsSection } from './syncs.js';

const contents = html`<nav class="contents" aria-label="Parts of this page">
  <a href="#quarantine">Quarantine</a> <a href="#services">Services</a> <a href="#connections">New connections</a>
  <a href="#diagnostics">Objects with problems</a> <a href="#source">Source</a> <a href="#syncs">Syncs</a>
  <a href="#settings">This node</a>
</nav>`;

/** Everything about a running proxy on one page. */
export function overview(
  status: Status,
  list: ServiceList,
  top: Top,
  search: string,
  history: Pick<SyncHistory, 'records' | 'programming'>,
): Html {
  return html`${problemList(status.problems)} ${figures(status)} ${contents} ${quarantineSection(status)}
  ${servicesSection(list, search)} ${connectionsSection(top)} ${diagnosticsSection(status)}
  ${sourceSection(status.source, status.now)} ${syncsSection(status, history)} ${settingsSection(status)}`;
}
