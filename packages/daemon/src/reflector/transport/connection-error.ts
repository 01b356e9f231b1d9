import type http from 'node:http';
import type { ClusterConfig } from '../config/cluster-config.js';
import { ReflectorError, messageOf } from '../errors.js';

/** Error codes of TLS that Node takes from OpenSSL do not share a prefix; these are the ones about trust. */
const tlsCodes =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_OSSL_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|EPROTO)/;

/** Turns what Node threw while a request had no response into an error that says what to do. */
export function connectionError(error: unknown, config: ClusterConfig): ReflectorError {
  if (error instanceof ReflectorError) return error;
  const code = codeOf(error);
  if (tlsCodes.test(code)) {
    return new ReflectorError(
      'tls',
      `no trusted connection to ${config.server}: ${code}; check the certificate authority, tls-server-name and client certificate of ${config.source}`,
      { cause: error },
    );
  }
  const why = code === '' ? messageOf(error) : code;
  const hint =
    config.source === 'service account'
      ? '; in a pod this address is by default a cluster IP, which the service proxy itself implements: give the API server an address that nodes can reach'
      : '; check the address and the way there';
  return new ReflectorError('unreachable', `${config.server} does not answer: ${why}${hint}`, { cause: error });
}

/** Whether a kept connection turned out to be closed, before the server saw anything of the request. */
export function isReusedTooLate(request: http.ClientRequest, error: unknown): boolean {
  return request.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(codeOf(error));
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}
