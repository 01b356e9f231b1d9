export { listen, ListenError, type ListeningServer, type ListenOptions } from './listen.js';
export type { Verbosity } from './log-level.js';
export { type MetricsPage, metricsRoutes, type MetricsServerInput } from './metrics-routes.js';
export {
  type Handler,
  type HttpReply,
  type HttpRequest,
  json,
  plain,
  requestListener,
  type Routes,
  send,
} from './router.js';
export type { ProcessStatus } from './z-pages.js';
