/** Bytes given in place, or a file that is read again when it changes. */
export type Material = { readonly data: Buffer } | { readonly file: string };

/** How we prove who we are, besides a client certificate. */
export type Authentication =
  | { readonly type: 'none' }
  | { readonly type: 'token'; readonly token: string }
  /** Read again every minute and whenever the API server refuses what was read. */
  | { readonly type: 'token-file'; readonly file: string }
  | { readonly type: 'basic'; readonly username: string; readonly password: string }
  | { readonly type: 'exec'; readonly exec: ExecPlugin }
  /** The `config` of a kubeconfig's `auth-provider` named oidc. */
  | { readonly type: 'oidc'; readonly config: Readonly<Record<string, string>> };

/** A command that prints an ExecCredential, as in a kubeconfig's `user.exec`. */
export interface ExecPlugin {
  /** A path, or a name to be found in PATH; run without a shell. */
  readonly command: string;
  /** Its arguments, each as it is. */
  readonly args: readonly string[];
  /** Added to this process's own environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Such as `client.authentication.k8s.io/v1`. */
  readonly apiVersion: string;
  /** Whether the command is told which cluster it is for. */
  readonly provideClusterInfo: boolean;
  /** What to tell a person when the command is missing. */
  readonly installHint: string;
}

/** Where the API server is, whom to trust, and who we are. Plain data, made by the functions beside this file. */
export interface ClusterConfig {
  /** Where this comes from, for messages: a file, or "service account". */
  readonly source: string;
  /** `https://host:port`, possibly with a path. */
  readonly server: string;
  /** Certificate authorities in PEM; the system's if not given. */
  readonly ca?: Material;
  /** Certificate chain and key in PEM. */
  readonly clientCertificate?: { readonly certificate: Material; readonly key: Material };
  /** The name in the server's certificate, where it is not the one in `server`. */
  readonly tlsServerName?: string;
  /** Trust anyone. */
  readonly insecureSkipTlsVerify?: boolean;
  /** `http://`, `https://` or `socks5://` proxy; if not given, HTTPS_PROXY and NO_PROXY are heeded. */
  readonly proxyUrl?: string;
  /** Who we are in HTTP headers, with every request; a credential plugin may give a certificate too. */
  readonly authentication: Authentication;
  /** Extra headers, such as Impersonate-User. */
  readonly headers?: Readonly<Record<string, string>>;
}
