import type { Handler, Routes } from '../http/index.js';
import { listRequestOf } from '../status/api.js';
import { collectDiagnostics } from '../status/diagnostics.js';
import { listServices } from '../status/pages.js';
import type { RunningProxy } from '../status/running.js';
import { detailOf } from '../status/services.js';
import { statusOf } from '../status/status.js';
import type { Status } from '../status/status.js';
import { topOf } from '../status/top.js';
import { nextTurn } from '../status/walk.js';
import { html } from './html.js';
import { pageOf } from './layout.js';
import { overview } from './overview.js';
import { servicePage } from './service.js';

/** Rows of one page. */
const most = { services: 25, endpoints: 500, busiest: 10 };

/** The status page: `/` for everything, `/page/NAMESPACE/NAME` for one Service. */
export function pageRoutes(proxy: RunningProxy): Routes {
  const status = async (): Promise<Status> =>
    statusOf(proxy, await collectDiagnostics(proxy.cluster().planner, nextTurn));
  const handlers: readonly (readonly [string, Handler])[] = [
    [
      '/',
      async ({ path, query }) => {
        const about = await status();
        if (path !== '/') return pageOf(404, about, missing('There is nothing here.'));
        const request = listRequestOf(query);
        const list = await listServices(proxy, { ...request, limit: most.services }, nextTurn);
        const top = await topOf(proxy, most.busiest, nextTurn);
        const main = overview(about, list, top, request.search, proxy.history);
        return pageOf(200, about, { title: about.node, main });
      },
    ],
    [
      '/page/',
      async ({ path }) => {
        const about = await status();
        const detail = detailOf(proxy, path.slice('/page/'.length), most.endpoints);
        if (detail === undefined) return pageOf(404, about, missing('There is no such Service here.'));
        return pageOf(200, about, { title: detail.service, main: servicePage(detail, about.now) });
      },
    ],
  ];
  return new Map(handlers);
}

function missing(what: string): { readonly title: string; readonly main: ReturnType<typeof html> } {
  return { title: what, main: html`<p>${what} <a href="/">To the overview</a></p>` };
}
