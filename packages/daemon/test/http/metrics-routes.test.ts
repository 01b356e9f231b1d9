import { request } from 'node:http';
import { describe, expect, test, vi } from 'vitest';
import { loadConfiguration } from '../../src/config/index.js';
import { metricsRoutes, type MetricsServerInput } from '../../src/http/index.js';
import { profilingRoutes } from '../../src/http/profiling.js';
import { type Answer, ask, serving } from './serving.js';

const loaded = loadConfiguration({
  argv: ['--cluster-cidr=10.0.0.0/8', '--feature-gates=AllowServiceExternalIPs=false', '-v=2', '--init-only'],
  env: {},
  readFile: () => '',
});
if (!loaded.ok) throw new Error('the test configuration is not valid');
const { configuration, given } = loaded;

const start = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

const server = (pages: Partial<MetricsServerInput['pages']> = {}) => {
  const state = { pings: 0, resets: 0, verbosity: 2 };
  const routes = metricsRoutes({
    metrics: { contentType: 'text/plain; version=0.0.4; charset=utf-8', render: () => Promise.resolve('a 1\n') },
    slis: {
      contentType: 'text/plain; version=0.0.4; charset=utf-8',
      render: () => Promise.resolve('b 1\n'),
      reset: () => (state.resets += 1),
    },
    pinged: () => (state.pings += 1),
    configuration: () => configuration,
    given,
    process: {
      startTime: start,
      now: () => start + 3_723_000,
      version: '1.2.3',
      nodeVersion: 'v24.0.0',
      argv: ['node', 'nftproxier'],
    },
    verbosity: {
      get: () => state.verbosity,
      set: (verbosity) => (state.verbosity = verbosity),
    },
    pages: { statusz: true, flagz: true, profiling: false, ...pages },
  });
  return {
    state,
    ask: (path: string, options: Parameters<typeof ask>[2] = {}): Promise<Answer> =>
      serving(routes, (port) => ask(port, path, options)),
  };
};

const text = 'text/plain; charset=utf-8';

describe('the metrics server', () => {
  test.each([
    ['/healthz', text, 'ok'],
    ['/proxyMode', text, 'nftables'],
    ['/metrics', 'text/plain; version=0.0.4; charset=utf-8', 'a 1\n'],
    ['/metrics/slis', 'text/plain; version=0.0.4; charset=utf-8', 'b 1\n'],
  ])('%s', async (path, contentType, body) => {
    const answer = await server().ask(path);
    expect(answer).toMatchObject({ status: 200, body });
    expect(answer.headers['content-type']).toBe(contentType);
  });

  test('/healthz is counted, whatever the state of the rules', async () => {
    const { ask: send, state } = server();
    await send('/healthz');
    expect(state.pings).toBe(1);
  });

  test('DELETE /metrics/slis resets, DELETE /metrics does not', async () => {
    const { ask: send, state } = server();
    expect(await send('/metrics/slis', { method: 'DELETE' })).toMatchObject({ status: 200, body: 'metrics reset\n' });
    expect(await send('/metrics', { method: 'DELETE' })).toMatchObject({ status: 200, body: 'a 1\n' });
    expect(state.resets).toBe(1);
  });

  test('/configz is the effective file under its one key', async () => {
    const answer = await server().ask('/configz');
    expect(answer.headers['content-type']).toBe('application/json');
    const body = JSON.parse(answer.body) as Record<string, unknown>;
    expect(Object.keys(body)).toEqual(['kubeproxy.config.k8s.io']);
    expect(body['kubeproxy.config.k8s.io']).toMatchObject({
      apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
      kind: 'KubeProxyConfiguration',
      mode: 'nftables',
      clusterCIDR: '10.0.0.0/8',
      nftables: { syncPeriod: '30s' },
    });
  });
});

describe('/statusz', () => {
  test('is text by default', async () => {
    for (const accept of ['', '*/*', 'text/plain', 'text/html,text/plain;q=0.5', 'application/json, text/*']) {
      const answer = await server().ask('/statusz', { headers: accept === '' ? {} : { accept } });
      expect(answer.headers['content-type']).toBe(text);
      expect(answer.body).toContain(
        'Started: Fri, 02 Jan 2026 03:04:05 GMT\nUp: 1 hr 02 min 03 sec\nNode version: v24.0.0\nBinary version: 1.2.3\n',
      );
      expect(answer.body).toContain('Paths: /configz /flagz /healthz /metrics /metrics/slis /proxyMode /statusz\n');
    }
  });

  test.each(['v1beta1', 'v1alpha1'])('has a structured form, %s', async (version) => {
    const accept = `application/json;as=Statusz;v=${version};g=config.k8s.io`;
    const answer = await server().ask('/statusz', { headers: { accept } });
    expect(answer.headers['content-type']).toBe('application/json');
    expect(JSON.parse(answer.body)).toEqual({
      kind: 'Statusz',
      apiVersion: `config.k8s.io/${version}`,
      metadata: { name: 'nftproxier' },
      startTime: '2026-01-02T03:04:05Z',
      uptimeSeconds: 3723,
      goVersion: 'node v24.0.0',
      binaryVersion: '1.2.3',
      paths: ['/configz', '/flagz', '/healthz', '/metrics', '/metrics/slis', '/proxyMode', '/statusz'],
    });
  });

  test.each([
    'application/json',
    'application/json;as=Flagz;v=v1beta1;g=config.k8s.io',
    'application/json;as=Statusz;v=v2;g=config.k8s.io',
    'application/json;as=Statusz;v=v1beta1;g=other',
    'application/yaml',
  ])('cannot be had as %s', async (accept) => {
    expect((await server().ask('/statusz', { headers: { accept } })).status).toBe(406);
  });
});

describe('/flagz', () => {
  test('lists the flags in force', async () => {
    const { body } = await server().ask('/flagz');
    const lines = body.split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'cluster-cidr=10.0.0.0/8',
        'feature-gates=AllowServiceExternalIPs=false',
        'init-only=true',
        'iptables-sync-period=30s',
        'nodeport-addresses=[primary]',
        'proxy-mode=nftables',
        'v=2',
      ]),
    );
    expect(body).not.toContain('write-config-to');
  });

  test('has a structured form', async () => {
    const accept = 'application/json;as=Flagz;v=v1beta1;g=config.k8s.io';
    const { body } = await server().ask('/flagz', { headers: { accept } });
    expect(JSON.parse(body)).toMatchObject({
      kind: 'Flagz',
      apiVersion: 'config.k8s.io/v1beta1',
      flags: { v: '2', 'oom-score-adj': '-999' },
    });
  });
});

describe('pages that can be switched off', () => {
  test.each([
    ['/statusz', { statusz: false }],
    ['/flagz', { flagz: false }],
    ['/debug/pprof/', {}],
    ['/debug/pprof/profile', {}],
    ['/debug/flags/v', {}],
  ])('%s', async (path, pages) => {
    expect((await server(pages).ask(path)).status).toBe(404);
  });
});

describe('profiling', () => {
  const profiling = () => server({ profiling: true });

  test('the index, the command line and unknown names', async () => {
    expect((await profiling().ask('/debug/pprof/')).body).toContain('/debug/pprof/profile');
    expect((await profiling().ask('/debug/pprof/cmdline')).body).toBe('node\0nftproxier');
    expect((await profiling().ask('/debug/pprof/goroutine')).status).toBe(404);
  });

  test('a CPU profile', async () => {
    const answer = await profiling().ask('/debug/pprof/profile?seconds=0.05');
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({
      nodes: expect.any(Array) as unknown,
      samples: expect.any(Array) as unknown,
    });
  });

  test.each(['0', '-1', '301', 'x'])('%s seconds are refused', async (seconds) => {
    expect((await profiling().ask(`/debug/pprof/profile?seconds=${seconds}`)).status).toBe(400);
  });

  test('one at a time, and again once a client that waited has gone', async () => {
    const routes = profilingRoutes([]);
    await serving(routes, async (port) => {
      const waiting = request({ host: '127.0.0.1', port, path: '/debug/pprof/profile?seconds=60', agent: false });
      waiting.on('error', () => undefined);
      waiting.end();
      await vi.waitFor(async () => {
        expect((await ask(port, '/debug/pprof/profile?seconds=0.01')).status).toBe(409);
      });
      waiting.destroy();
      await vi.waitFor(async () => {
        expect((await ask(port, '/debug/pprof/profile?seconds=0.01')).status).toBe(200);
      });
    });
  });

  test('the verbosity can be read and changed', async () => {
    const { ask: send, state } = profiling();
    expect((await send('/debug/flags')).status).toBe(200);
    expect((await send('/debug/flags/v')).body).toBe('2\n');
    expect(await send('/debug/flags/v', { method: 'PUT', body: '6' })).toMatchObject({ status: 200 });
    expect(state.verbosity).toBe(6);
    expect((await send('/debug/flags/v', { method: 'PUT', body: 'six' })).status).toBe(400);
    expect((await send('/debug/flags/v', { method: 'POST', body: '1' })).status).toBe(405);
    expect(state.verbosity).toBe(6);
  });
});
