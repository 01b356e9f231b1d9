import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { answererAt, readConfigz } from '../../src/takeover/index.js';
import { kubeProxyProcesses } from '../../src/takeover/processes.js';

interface FakeProcess {
  readonly comm: string;
  readonly cmdline: string;
  /** Undefined where it may not be read. */
  readonly network?: string | undefined;
}

const kubeProxy: FakeProcess = {
  comm: 'kube-proxy\n',
  cmdline: '/usr/local/bin/kube-proxy\0--config=/var/lib/kube-proxy/config.conf\0',
  network: 'net:[1]',
};

function proc(processes: Readonly<Record<string, FakeProcess>>) {
  const at = (path: string): FakeProcess => {
    const found = processes[path.split('/')[2] ?? ''];
    if (found === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });
    return found;
  };
  return {
    readdir: () => Promise.resolve([...Object.keys(processes), 'meminfo', 'net', '99']),
    readFile: (path: string) =>
      Promise.resolve().then(() => (path.endsWith('/comm') ? at(path).comm : at(path).cmdline)),
    readlink: (path: string) =>
      Promise.resolve().then(() => {
        const { network } = at(path);
        if (network === undefined) throw Object.assign(new Error(path), { code: 'EACCES' });
        return network;
      }),
  };
}

const self: FakeProcess = { comm: 'node\n', cmdline: 'node\0/usr/local/bin/kube-proxy\0', network: 'net:[1]' };

describe('processes', () => {
  it.each([
    ['kube-proxy itself', kubeProxy, [42]],
    ['one without a path', { ...kubeProxy, cmdline: 'kube-proxy\0--v=2\0' }, [42]],
    ['one of another network namespace, such as of a cluster of kind', { ...kubeProxy, network: 'net:[2]' }, []],
    ['one whose network may not be known', { ...kubeProxy, network: undefined }, [42]],
    ['nftproxier under the name of kube-proxy', self, []],
    ['a shell that runs something of that name', { ...kubeProxy, cmdline: '/bin/sh\0/opt/kube-proxy\0' }, []],
    ['something with a longer name', { ...kubeProxy, comm: 'kube-proxy-watc\n' }, []],
    ['something that shows nothing', { comm: '', cmdline: '' }, []],
  ])('%s', async (_, process, found) => {
    expect(await kubeProxyProcesses(proc({ self, 1: self, 42: process }))).toEqual(found);
  });

  it('where there is no /proc', async () => {
    const missing = () => Promise.reject(new Error('missing'));
    expect(await kubeProxyProcesses({ readdir: missing, readFile: missing, readlink: missing })).toEqual([]);
  });
});

describe('who answers where metrics are served', () => {
  const configuration = (members: object): string => JSON.stringify({ 'kubeproxy.config.k8s.io': members });
  it.each([
    ['kube-proxy', configuration({ kind: 'KubeProxyConfiguration', mode: 'iptables' }), 'kube-proxy'],
    ['nftproxier', configuration({ kind: 'KubeProxyConfiguration', nftproxier: {} }), 'nftproxier'],
    ['another component', JSON.stringify({ kubeletconfig: {} }), undefined],
    ['a list', '[]', undefined],
    ['nothing', 'null', undefined],
    ['not JSON', '<html>', undefined],
    ['a strange configuration', configuration([]).replace('[]', '"x"'), undefined],
  ])('%s', async (_, answer, expected) => {
    expect(await answererAt('127.0.0.1:10249', () => Promise.resolve(answer))).toBe(expected);
  });

  it('asks at an address that can be reached', async () => {
    const asked: string[] = [];
    const read = (host: string, port: number) => Promise.resolve(String(asked.push(`${host} ${String(port)}`)));
    for (const address of ['0.0.0.0:10249', '[::]:1', '192.0.2.1:2', '', 'nonsense']) await answererAt(address, read);
    expect(asked).toEqual(['127.0.0.1 10249', '::1 1', '192.0.2.1 2']);
  });

  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  async function serving(status: number, body: string): Promise<string> {
    server = createServer((_, response) => response.writeHead(status).end(body));
    await new Promise<void>((listening) => server?.listen(0, '127.0.0.1', listening));
    return `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  }

  it('over HTTP', async () => {
    expect(await answererAt(await serving(200, configuration({})), readConfigz)).toBe('kube-proxy');
  });

  it.each([
    ['an error', 404, configuration({})],
    ['more than there can be', 200, configuration({ a: 'x'.repeat(2_000_000) })],
  ])('%s is no answer', async (_, status, body) => {
    expect(await answererAt(await serving(status, body), readConfigz)).toBeUndefined();
  });

  it('nobody is no answer', async () => {
    const address = await serving(200, '');
    server?.close();
    expect(await answererAt(address, readConfigz)).toBeUndefined();
  });
});
