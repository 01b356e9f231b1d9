import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { ClusterConfigError, inClusterConfig, kubeConfig, type ClusterConfig } from '@nftproxier/daemon/reflector';
import { Credentials, type CredentialSources } from '../../src/reflector/config/credentials.js';
import { runExecPlugin } from '../../src/reflector/config/exec-plugin.js';
import { oidcTokens } from '../../src/reflector/config/oidc.js';
import { proxyFor } from '../../src/reflector/transport/proxy.js';
import { FakeClock } from './fake-clock.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nftproxier-config-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(file: string, content: unknown): string {
  const path = join(folder, file);
  writeFileSync(path, typeof content === 'string' ? content : stringify(content), { mode: 0o755 });
  return path;
}

interface Parts {
  readonly cluster?: object;
  readonly user?: object;
  readonly more?: object;
}

function load(
  { cluster, user, more }: Parts,
  options: { context?: string; server?: string } = {},
): Promise<ClusterConfig> {
  const file = write('kubeconfig', {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'main',
    contexts: [{ name: 'main', context: { cluster: 'here', user: 'me' } }],
    clusters: [{ name: 'here', cluster: { server: 'https://10.0.0.1:6443', ...cluster } }],
    users: [{ name: 'me', user: { token: 'secret', ...user } }],
    ...more,
  });
  return kubeConfig(file, { readFile: (path) => readFile(path), ...options });
}

describe('a kubeconfig', () => {
  it('with everything', async () => {
    const config = await load({
      cluster: {
        'certificate-authority': 'pki/ca.crt',
        'tls-server-name': 'kubernetes.default',
        'proxy-url': 'http://proxy:3128',
      },
      user: {
        token: undefined,
        tokenFile: 'token',
        'client-certificate-data': Buffer.from('CERT').toString('base64'),
        'client-key': '/etc/key.pem',
        as: 'somebody',
      },
    });
    expect(config).toEqual({
      source: join(folder, 'kubeconfig'),
      server: 'https://10.0.0.1:6443',
      ca: { file: join(folder, 'pki/ca.crt') },
      clientCertificate: { certificate: { data: Buffer.from('CERT') }, key: { file: '/etc/key.pem' } },
      tlsServerName: 'kubernetes.default',
      proxyUrl: 'http://proxy:3128',
      authentication: { type: 'token-file', file: join(folder, 'token') },
      headers: { 'Impersonate-User': 'somebody' },
    });
  });

  it.each([
    [{ user: {} }, { type: 'token', token: 'secret' }],
    [{ user: { token: undefined, username: 'me', password: 'pw' } }, { type: 'basic', username: 'me', password: 'pw' }],
    [{ user: { token: undefined } }, { type: 'none' }],
    [
      { user: { token: undefined, exec: { command: 'aws', args: ['eks'], env: [{ name: 'A', value: 'b' }] } } },
      {
        type: 'exec',
        exec: {
          command: 'aws',
          args: ['eks'],
          env: { A: 'b' },
          apiVersion: 'client.authentication.k8s.io/v1',
          provideClusterInfo: false,
          installHint: '',
        },
      },
    ],
    [
      { user: { token: undefined, 'auth-provider': { name: 'oidc', config: { 'id-token': 'x' } } } },
      { type: 'oidc', config: { 'id-token': 'x' } },
    ],
  ])('with user %j', async (parts, authentication) => {
    expect((await load(parts as Parts)).authentication).toEqual(authentication);
  });

  it('with another server and another context', async () => {
    const more = { contexts: [{ name: 'other', context: { cluster: 'here', user: 'me' } }] };
    const config = await load({ more }, { context: 'other', server: 'https://192.0.2.7:6443' });
    expect(config.server).toBe('https://192.0.2.7:6443');
  });

  it.each<[string, Parts, string, string]>([
    ['no context', { more: { 'current-context': '' } }, 'current-context', 'it is not set'],
    ['an unknown context', { more: { 'current-context': 'mian' } }, 'contexts', 'the file has "main"'],
    ['no such cluster', { more: { clusters: [] } }, 'clusters', 'names cluster "here", which is missing'],
    ['no such user', { more: { users: [{ name: 'you', user: {} }] } }, 'users', 'the file has "you"'],
    ['no server', { cluster: { server: undefined } }, '', 'clusters[0].cluster.server is missing'],
    ['a server that is no address', { cluster: { server: '10.0.0.1:6443' } }, 'server', 'write https://HOST:PORT'],
    [
      'a certificate without a key',
      { user: { 'client-certificate': 'a.crt' } },
      'client-key',
      'although client-certificate is there',
    ],
    [
      'an old auth provider',
      { user: { token: undefined, 'auth-provider': { name: 'gcp' } } },
      'auth-provider',
      'credential plugin',
    ],
    [
      'a plugin without a command',
      { user: { token: undefined, exec: { args: [] } } },
      'exec.command',
      'name the command',
    ],
  ])('with %s: says file, field, and what to do', async (_what, parts, field, advice) => {
    const error: unknown = await load(parts).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ClusterConfigError);
    const { message, field: named, source, code } = error as ClusterConfigError;
    expect(code).toBe('cluster-config');
    expect(source).toBe(join(folder, 'kubeconfig'));
    expect(named).toContain(field);
    expect(message).toContain(source);
    expect(message).toContain(advice);
  });

  it.each([
    ['missing', undefined, 'cannot be read'],
    ['not YAML', '{{{', 'is not YAML'],
    ['empty', '', 'is not a kubeconfig'],
    ['a list', '[]', 'is not a kubeconfig'],
  ])('that is %s: says so', async (_what, text, problem) => {
    const file = text === undefined ? join(folder, 'nowhere') : write('kubeconfig', text);
    const reading = kubeConfig(file, { readFile: (path) => readFile(path) });
    await expect(reading).rejects.toThrow(`${file}: ${problem}`);
    await expect(reading).rejects.toBeInstanceOf(ClusterConfigError);
  });
});

describe('the service account', () => {
  it.each([
    ['10.96.0.1', 'https://10.96.0.1:443'],
    ['fd00::1', 'https://[fd00::1]:443'],
  ])('of a pod whose API server is %s', (host, server) => {
    const env = { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: '443' };
    expect(inClusterConfig({ env })).toMatchObject({ server, authentication: { type: 'token-file' } });
  });

  it('with an address that nodes can reach', () => {
    expect(inClusterConfig({ env: {}, server: 'https://192.0.2.7:6443' }).server).toBe('https://192.0.2.7:6443');
  });

  it('outside of a pod: says so', () => {
    expect(() => inClusterConfig({ env: {} })).toThrow('KUBERNETES_SERVICE_HOST: it is not set');
  });
});

describe('credentials', () => {
  const clock = new FakeClock();
  const sources: CredentialSources = {
    clock,
    readFile: (path) => readFile(path),
    runExec: () => Promise.reject(new Error('not used')),
    oidcToken: () => Promise.reject(new Error('not used')),
  };
  const base = { source: 'kubeconfig', server: 'https://x' };

  it('are read again after a minute, and at once when refused', async () => {
    const file = write('token', 'one');
    const credentials = new Credentials({ ...base, authentication: { type: 'token-file', file } }, sources);
    const first = await credentials.get();
    expect(first.headers).toEqual({ Authorization: 'Bearer one' });
    write('token', 'two');
    expect(await credentials.get()).toBe(first);
    await clock.advance(60_001);
    const second = await credentials.get();
    expect(second.headers).toEqual({ Authorization: 'Bearer two' });
    // A token is not part of a connection.
    expect(second.generation).toBe(first.generation);
    expect(await credentials.renew(second)).toBe(second);
    write('token', 'three\n');
    expect((await credentials.renew(second)).headers).toEqual({ Authorization: 'Bearer three' });
  });

  it('keep what was read when a file is away for a moment', async () => {
    const file = write('token', 'one');
    const credentials = new Credentials({ ...base, authentication: { type: 'token-file', file } }, sources);
    const first = await credentials.get();
    rmSync(file);
    expect(await credentials.renew(first)).toBe(first);
    write('token', '');
    expect(await credentials.renew(first)).toBe(first);
  });

  it('that cannot be had: say file, field, and what to do', async () => {
    const file = join(folder, 'nowhere');
    const credentials = new Credentials({ ...base, ca: { file }, authentication: { type: 'none' } }, sources);
    await expect(credentials.get()).rejects.toThrow(`kubeconfig: certificate-authority: ${file} cannot be read`);
  });

  it('of a new certificate are a new generation', async () => {
    const file = write('ca', 'one');
    const credentials = new Credentials({ ...base, ca: { file }, authentication: { type: 'none' } }, sources);
    const first = await credentials.get();
    write('ca', 'two');
    const second = await credentials.renew(first);
    expect(second.generation).toBe(first.generation + 1);
    expect(second.tls.ca?.toString()).toBe('two');
  });

  it('of a plugin are kept until shortly before they expire, or are refused', async () => {
    let runs = 0;
    const credentials = new Credentials(
      { ...base, authentication: { type: 'exec', exec: plugin('unused') } },
      {
        ...sources,
        runExec: () => Promise.resolve({ token: `token ${++runs}`, expiresAt: clock.now() + 300_000 }),
      },
    );
    const first = await credentials.get();
    await clock.advance(280_000);
    expect((await credentials.get()).headers).toEqual(first.headers);
    await clock.advance(60_001);
    const second = await credentials.get();
    expect(second.headers).toEqual({ Authorization: 'Bearer token 2' });
    expect((await credentials.renew(second)).headers).toEqual({ Authorization: 'Bearer token 3' });
  });

  it('are read once for several who ask at a time', async () => {
    let reads = 0;
    const file = write('token', 'one');
    const counting = { ...sources, readFile: (path: string) => (reads++, readFile(path)) };
    const credentials = new Credentials({ ...base, authentication: { type: 'token-file', file } }, counting);
    await Promise.all([credentials.get(), credentials.get(), credentials.get()]);
    expect(reads).toBe(1);
  });
});

function plugin(command: string): Extract<ClusterConfig['authentication'], { type: 'exec' }>['exec'] {
  return {
    command,
    args: ['get-token'],
    env: { WHO: 'me' },
    apiVersion: 'client.authentication.k8s.io/v1',
    provideClusterInfo: true,
    installHint: 'apt install plugin',
  };
}

describe('a credential plugin', () => {
  const run = (script: string): ReturnType<typeof runExecPlugin> =>
    runExecPlugin({
      source: 'kubeconfig',
      server: 'https://x',
      authentication: { type: 'exec', exec: plugin(write('plugin', `#!/bin/sh\n${script}\n`)) },
    });

  it('is told which cluster it is for, and gives a token', async () => {
    const script = `test "$WHO $1" = "me get-token" || exit 9
echo "$KUBERNETES_EXEC_INFO" > ${join(folder, 'info')}
echo '{"kind":"ExecCredential","status":{"token":"abc","expirationTimestamp":"2026-11-22T06:00:00Z"}}'`;
    expect(await run(script)).toEqual({ token: 'abc', expiresAt: Date.parse('2026-11-22T06:00:00Z') });
    expect(JSON.parse((await readFile(join(folder, 'info'))).toString())).toEqual({
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      spec: { interactive: false, cluster: { server: 'https://x' } },
    });
  });

  it('gives a certificate', async () => {
    const status = '{"clientCertificateData":"CERT","clientKeyData":"KEY"}';
    expect(await run(`echo '{"kind":"ExecCredential","status":${status}}'`)).toEqual({
      certificate: Buffer.from('CERT'),
      key: Buffer.from('KEY'),
    });
  });

  it.each([
    ['fails', 'echo "no session" >&2; exit 1', 'no session'],
    ['prints something else', 'echo hello', 'did not print JSON'],
    ['prints another object', 'echo "{}"', 'something else than an ExecCredential'],
    ['finds nothing', `echo '{"kind":"ExecCredential","status":{}}'`, 'neither a token nor a certificate'],
    ['asks questions', 'read answer || { echo "no terminal" >&2; exit 1; }', 'no terminal'],
  ])('that %s: says so', async (_what, script, problem) => {
    const running = run(script);
    await expect(running).rejects.toBeInstanceOf(ClusterConfigError);
    await expect(running).rejects.toThrow(problem);
  });

  it('that is missing: says how to get it', async () => {
    const exec = plugin(join(folder, 'nowhere'));
    const config = { source: 'kubeconfig', server: 'https://x', authentication: { type: 'exec' as const, exec } };
    await expect(runExecPlugin(config)).rejects.toThrow('apt install plugin');
  });
});

describe('OIDC', () => {
  const token = (expires: number): string =>
    ['{"alg":"none"}', JSON.stringify({ exp: expires }), 'x']
      .map((part) => Buffer.from(part).toString('base64url'))
      .join('.');
  const config = (oidc: Record<string, string>): ClusterConfig => ({
    source: 'kubeconfig',
    server: 'https://x',
    authentication: { type: 'oidc', config: oidc },
  });

  it('uses the id token while it is good', async () => {
    const good = token(Date.now() / 1000 + 600);
    expect(await oidcTokens()(config({ 'id-token': good }))).toBe(good);
  });

  it('says what to do when it has expired and cannot be refreshed', async () => {
    const old = token(Date.now() / 1000 - 600);
    await expect(oidcTokens()(config({ 'id-token': old }))).rejects.toThrow('nothing to refresh it with');
    const issuer = { 'client-id': 'me', 'refresh-token': 'r', 'idp-issuer-url': 'http://127.0.0.1:1' };
    await expect(oidcTokens()(config({ 'id-token': old, ...issuer }))).rejects.toThrow('cannot be refreshed');
  });
});

describe('the proxy', () => {
  const https = new URL('https://10.1.2.3:6443');
  it.each<[URL | string, string | undefined, Record<string, string>, string | undefined]>([
    [https, undefined, {}, undefined],
    [https, 'http://configured:1', { HTTPS_PROXY: 'http://other:1', NO_PROXY: '*' }, 'configured:1'],
    [https, undefined, { HTTPS_PROXY: 'http://proxy:3128' }, 'proxy:3128'],
    [https, undefined, { https_proxy: 'proxy:3128' }, 'proxy:3128'],
    [https, undefined, { HTTP_PROXY: 'http://proxy:3128' }, undefined],
    ['http://10.1.2.3', undefined, { HTTP_PROXY: 'http://proxy:3128' }, 'proxy:3128'],
    [https, undefined, { HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'a, 10.1.0.0/16' }, undefined],
    [https, undefined, { HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: '10.2.0.0/16,10.1.2.30' }, 'proxy:3128'],
    [https, undefined, { HTTPS_PROXY: 'http://proxy:3128', no_proxy: '10.1.2.3' }, undefined],
    [https, undefined, { HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: '10.1.2.3:6443' }, undefined],
    [https, undefined, { HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: '10.1.2.3:443' }, 'proxy:3128'],
    ['https://api.example.com', undefined, { HTTPS_PROXY: 'http://proxy:1', NO_PROXY: 'example.com' }, undefined],
    ['https://api.example.com', undefined, { HTTPS_PROXY: 'http://proxy:1', NO_PROXY: '.example.com' }, undefined],
    ['https://api.example.com', undefined, { HTTPS_PROXY: 'http://proxy:1', NO_PROXY: '*.example.com' }, undefined],
    ['https://notexample.com', undefined, { HTTPS_PROXY: 'http://proxy:1', NO_PROXY: 'example.com' }, 'proxy:1'],
    ['https://example.com', undefined, { HTTPS_PROXY: 'http://proxy:1', NO_PROXY: '.example.com' }, 'proxy:1'],
    ['https://[fd00::1]:6443', undefined, { HTTPS_PROXY: 'http://proxy:1', NO_PROXY: 'fd00::/8' }, undefined],
    ['https://[fd00::1]:6443', undefined, { HTTPS_PROXY: 'http://proxy:1', NO_PROXY: 'fd00::1' }, undefined],
    ['https://[fd00::1]:6443', undefined, { HTTPS_PROXY: 'http://proxy:1', NO_PROXY: '10.0.0.0/8' }, 'proxy:1'],
    ['https://127.0.0.1:6443', undefined, { HTTPS_PROXY: 'http://proxy:1' }, undefined],
    ['https://localhost:6443', undefined, { HTTPS_PROXY: 'http://proxy:1' }, undefined],
  ])('to %s with %s and %j is %s', (server, configured, env, expected) => {
    expect(proxyFor(new URL(server), configured, env)?.host).toBe(expected);
  });

  it('that is no address: says which setting', () => {
    expect(() => proxyFor(https, undefined, { HTTPS_PROXY: 'ftp://x' })).toThrow('HTTPS_PROXY');
  });
});
