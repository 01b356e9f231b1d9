import type { ServiceDetail } from '../status/services.js';
import type { ServiceList } from '../status/pages.js';
import type { Status } from '../status/status.js';
import type { Top } from '../status/top.js';
import { DaemonError, askDaemon } from './debug-client.js';
import { exitCodes } from './output.js';
import type { ExitCode, Output } from './output.js';
import { paint } from './paint.js';
import { detailText, listText, statusText } from './status-text.js';
import { topText } from './top-text.js';

/** Options of `status`. */
export interface StatusOptions {
  /** The daemon's `nftproxier.debugBindAddress`. */
  readonly address: string;
  readonly output: 'text' | 'json';
  /** Services, all or those that match a search. */
  readonly services?: string | true;
  /** One Service, as `NAMESPACE/NAME`. */
  readonly service?: string;
  /** Who gets the most new connections: so many of each, or as many as the daemon shows unasked. */
  readonly top?: number | true;
  /** Again and again, until interrupted. */
  readonly watch?: boolean;
}

/** Milliseconds between two looks of `--watch`. */
const period = 2_000;

/** `nftproxier status`: what a running daemon serves, and what is wrong. */
export async function status(options: StatusOptions, output: Output, stopped: Promise<string>): Promise<ExitCode> {
  const over = stopped.then(() => true as const);
  for (;;) {
    const code = await look(options, output);
    if (options.watch !== true) return code;
    let timer: NodeJS.Timeout | undefined;
    const next = new Promise<false>((resolve) => {
      timer = setTimeout(resolve, period, false);
    });
    const isOver = await Promise.race([over, next]);
    clearTimeout(timer);
    if (isOver) return exitCodes.ok;
  }
}

async function look(options: StatusOptions, output: Output): Promise<ExitCode> {
  try {
    const { text, code } = await answerTo(options, output.color === true);
    // A person sees the latest look at the top of an empty screen, a program every look in turn.
    const clear = options.watch === true && output.color === true ? '\u001b[H\u001b[2J' : '';
    output.out(clear + text);
    return code;
  } catch (error) {
    if (!(error instanceof DaemonError)) throw error;
    output.err(`error: ${error.message}\n`);
    return exitCodes.failed;
  }
}

async function answerTo(
  { address, output: format, services, service, top, watch }: StatusOptions,
  isColored: boolean,
): Promise<{ readonly text: string; readonly code: ExitCode }> {
  const color = paint(isColored);
  const inJson = (answer: unknown): string =>
    `${watch === true ? JSON.stringify(answer) : JSON.stringify(answer, undefined, 2)}\n`;
  if (service !== undefined) {
    const path = `/services/${service.split('/').map(encodeURIComponent).join('/')}`;
    const detail = (await askDaemon(address, path)) as ServiceDetail;
    const code = detail.state === 'refused' ? exitCodes.different : exitCodes.ok;
    return { text: format === 'json' ? inJson(detail) : detailText(detail, color), code };
  }
  if (services !== undefined) {
    const search = services === true ? '' : services;
    const list = (await askDaemon(address, `/services?${new URLSearchParams({ search }).toString()}`)) as ServiceList;
    return { text: format === 'json' ? inJson(list) : listText(list), code: exitCodes.ok };
  }
  if (top !== undefined) {
    const answer = (await askDaemon(address, top === true ? '/top' : `/top?limit=${String(top)}`)) as Top;
    return { text: format === 'json' ? inJson(answer) : topText(answer, color), code: exitCodes.ok };
  }
  const all = (await askDaemon(address, '/status')) as Status;
  const code = all.state === 'serving' ? exitCodes.ok : exitCodes.different;
  return { text: format === 'json' ? inJson(all) : statusText(all, color), code };
}
