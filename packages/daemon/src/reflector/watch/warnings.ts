import { ApiStatusError, ReflectorError } from '../errors.js';
import type { Resource } from '../resource.js';
import type { Warning } from './status.js';

export type WarningCode = Warning['code'];

/** What a failed attempt means to a person; `undefined` for what mends itself without notice. */
export function warningFor(
  error: unknown,
  resource: Resource<unknown>,
  verb: 'list' | 'watch',
  failures: number,
): { readonly code: WarningCode; readonly message: string } | undefined {
  if (!(error instanceof ReflectorError)) return undefined;
  if (error instanceof ApiStatusError) return statusWarning(error, resource, verb, failures);
  switch (error.code) {
    case 'unreachable':
    case 'headers-timeout':
      return { code: 'unreachable', message: error.message };
    case 'tls':
    case 'cluster-config':
      return { code: error.code, message: error.message };
    default:
      return undefined;
  }
}

function statusWarning(
  error: ApiStatusError,
  resource: Resource<unknown>,
  verb: 'list' | 'watch',
  failures: number,
): { readonly code: WarningCode; readonly message: string } | undefined {
  const name = resource.path.split('/').at(-1) ?? resource.path;
  const group = resource.path.startsWith('/apis/') ? (resource.path.split('/')[2] ?? '') : '';
  const what = `${name}${group === '' ? '' : `.${group}`}`;
  if (error.status === 401) {
    return {
      code: 'not-authenticated',
      message: `the API server does not accept our credentials for ${what}: renew the token or certificate of the kubeconfig or service account (${error.message})`,
    };
  }
  if (error.status === 403) {
    return {
      code: 'permission-missing',
      message: `permission missing: ${verb} ${what}; bind the service account to the cluster role system:node-proxier, or to one with get, list and watch on ${what} (${error.message})`,
    };
  }
  if (error.status === 404) {
    return { code: 'not-served', message: `the API server does not serve ${resource.path} (${error.message})` };
  }
  // One refusal is everyday life.
  if (failures < 2 || error.status === 410) return undefined;
  return { code: 'api-server-failing', message: error.message };
}
