import { ApiStatusError, excerpt } from '../errors.js';

interface Status {
  readonly message?: unknown;
  readonly reason?: unknown;
  readonly code?: unknown;
  readonly details?: { readonly retryAfterSeconds?: unknown; readonly causes?: unknown };
}

/**
 * The error behind a response with a status other than 200. `body` need not be a Kubernetes Status: proxies in between
 * answer with HTML.
 */
export function errorFromResponse(
  request: string,
  status: number,
  retryAfter: string | undefined,
  body: string,
  now: number,
): ApiStatusError {
  return statusError(request, status, parseStatus(body) ?? { message: body }, retryAfterMs(retryAfter, now));
}

/** The error that an ERROR event of a watch carries. */
export function errorFromEvent(request: string, object: unknown): ApiStatusError {
  const status: Status = typeof object === 'object' && object !== null ? object : {};
  return statusError(request, typeof status.code === 'number' ? status.code : 0, status, 0);
}

function statusError(request: string, code: number, status: Status, headerMs: number): ApiStatusError {
  const details = status.details;
  const seconds = details?.retryAfterSeconds;
  const message = typeof status.message === 'string' ? status.message : '';
  return new ApiStatusError({
    status: code,
    reason: typeof status.reason === 'string' ? status.reason : '',
    retryAfterMs: Math.max(headerMs, typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : 0),
    versionTooLarge: isTooLarge(details?.causes, message),
    message: `${request}: the API server answered ${String(code)}${message === '' ? '' : `: ${excerpt(message)}`}`,
  });
}

/** Servers before 1.18 say it in the message only. */
function isTooLarge(causes: unknown, message: string): boolean {
  const named =
    Array.isArray(causes) &&
    causes.some((cause: { reason?: unknown } | null) => cause?.reason === 'ResourceVersionTooLarge');
  return named || message.includes('Too large resource version');
}

function parseStatus(body: string): Status | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Retry-After is a number of seconds, or, from a proxy in between, a date. */
function retryAfterMs(header: string | undefined, now: number): number {
  if (header === undefined) return 0;
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? 0 : Math.max(0, date - now);
}
