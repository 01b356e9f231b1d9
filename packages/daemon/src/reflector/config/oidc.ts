import { ClusterConfigError, messageOf } from '../errors.js';
import type { ClusterConfig } from './cluster-config.js';

/** Returns a function that gives a current OIDC id token, refreshing it through client-node when it has expired. */
export function oidcTokens(): (config: ClusterConfig) => Promise<string> {
  let authenticator: Promise<{ getToken(user: object): Promise<string | null> }> | undefined;
  let user: object | undefined;
  return async (config) => {
    const { authentication, source } = config;
    if (authentication.type !== 'oidc') return '';
    const fail = (problem: string, cause?: unknown): ClusterConfigError =>
      new ClusterConfigError(source, 'user.auth-provider', problem, 'log in again, or use a credential plugin', cause);
    authenticator ??= import('@kubernetes/client-node/dist/oidc_auth.js').then(
      ({ OpenIDConnectAuth }) =>
        new OpenIDConnectAuth() as unknown as { getToken(user: object): Promise<string | null> },
    );
    // The authenticator writes the refreshed tokens into this.
    user ??= { name: '', authProvider: { name: 'oidc', config: { ...authentication.config } } };
    let token: string | null;
    try {
      token = await (await authenticator).getToken(user);
    } catch (cause) {
      throw fail(`the OIDC token cannot be refreshed (${messageOf(cause)})`, cause);
    }
    if (token === null) throw fail('there is no usable OIDC token, and nothing to refresh it with');
    return token;
  };
}
