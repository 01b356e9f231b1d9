import { describe, expect, test } from 'vitest';
import {
  addressConflict,
  createEventRecorder,
  type EventFacts,
  type EventResult,
  failedToStartMetricServer,
  conntrackNearlyFull,
  failedToStartProxierHealthcheck,
  failedToStartServiceHealthcheck,
  kubeProxyRunning,
  rulesRefused,
  starting,
} from '../../src/events/index.js';
import { eventObject } from '../../src/events/event.js';
import { tokenBucket } from '../../src/events/token-bucket.js';

class StatusError extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`status ${String(status)}`);
    this.status = status;
  }
}

const shop = { namespace: 'shop', name: 'web', uid: 'u1' };
const reporter = { controller: 'kube-proxy', instance: 'node-1' };

const recorder = (answers: readonly (number | 'network')[] = []) => {
  const sent: { method: string; path: string; body: unknown }[] = [];
  const results: [EventResult, string][] = [];
  const pauses: number[] = [];
  const left = [...answers];
  let time = Date.UTC(2026, 0, 1);
  const send = (method: string) => (path: string, body: object) => {
    sent.push({ method, path, body });
    const answer = left.shift() ?? 201;
    if (answer === 'network') return Promise.reject(new Error('ECONNRESET'));
    return answer < 400 ? Promise.resolve() : Promise.reject(new StatusError(answer));
  };
  const events = createEventRecorder({
    transport: { post: send('POST'), patch: send('PATCH') },
    reporter,
    now: () => time,
    sleep: (milliseconds) => {
      pauses.push(milliseconds);
      return Promise.resolve();
    },
    finished: (result, { reason }) => results.push([result, reason]),
  });
  return {
    events,
    sent,
    results,
    pauses,
    pass: (milliseconds: number) => {
      time += milliseconds;
    },
    emit: async (event: EventFacts) => {
      events.emit(event);
      await events.settled();
    },
  };
};

describe('the occasions', () => {
  const onNode = { apiVersion: 'v1', kind: 'Node', name: 'node-1' };
  const onService = { apiVersion: 'v1', kind: 'Service', ...shop };
  test.each<[EventFacts, object, string, string, string]>([
    [starting('node-1'), onNode, 'Normal', 'Starting', 'StartKubeProxy'],
    [
      failedToStartProxierHealthcheck('node-1', 'n'),
      onNode,
      'Warning',
      'FailedToStartProxierHealthcheck',
      'StartKubeProxy',
    ],
    [failedToStartMetricServer('node-1', 'n'), onNode, 'Warning', 'FailedToStartMetricServer', 'StartKubeProxy'],
    [failedToStartServiceHealthcheck(shop, 'n'), onService, 'Warning', 'FailedToStartServiceHealthcheck', 'Listen'],
    [rulesRefused(shop, 'n'), onService, 'Warning', 'RulesRefused', 'SyncProxyRules'],
    [conntrackNearlyFull('node-1', 'n'), onNode, 'Warning', 'ConntrackNearlyFull', 'TrackConnections'],
    [kubeProxyRunning('node-1', 'n'), onNode, 'Warning', 'KubeProxyRunning', 'TakeOver'],
    [addressConflict(shop, 'n'), onService, 'Warning', 'AddressConflict', 'SyncProxyRules'],
  ])('$reason', (event, regarding, type, reason, action) => {
    expect(event).toEqual({ regarding, type, reason, action, note: event.note });
  });
});

describe('an Event', () => {
  test('is an events.k8s.io/v1 object in the namespace of its Service', async () => {
    const { emit, sent, results } = recorder();
    await emit(failedToStartServiceHealthcheck(shop, 'port 30000 is taken'));
    expect(sent).toEqual([
      {
        method: 'POST',
        path: '/apis/events.k8s.io/v1/namespaces/shop/events',
        body: {
          apiVersion: 'events.k8s.io/v1',
          kind: 'Event',
          metadata: { name: expect.stringMatching(/^web\.[0-9a-f]{16}$/u) as unknown, namespace: 'shop' },
          eventTime: '2026-01-01T00:00:00.000000Z',
          reportingController: 'kube-proxy',
          reportingInstance: 'node-1',
          action: 'Listen',
          reason: 'FailedToStartServiceHealthcheck',
          regarding: { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'web', uid: 'u1' },
          note: 'port 30000 is taken',
          type: 'Warning',
        },
      },
    ]);
    expect(results).toEqual([['sent', 'FailedToStartServiceHealthcheck']]);
  });

  test('about a Node is in the namespace default', async () => {
    const { emit, sent } = recorder();
    await emit(starting('node-1'));
    expect(sent[0]?.path).toBe('/apis/events.k8s.io/v1/namespaces/default/events');
  });

  test('names of hostile objects stay inside the path', async () => {
    const { emit, sent } = recorder();
    await emit(rulesRefused({ namespace: '../../nodes?x=', name: 'a/b' }, ''));
    expect(sent[0]?.path).toBe('/apis/events.k8s.io/v1/namespaces/..%2F..%2Fnodes%3Fx%3D/events');
  });

  test('long texts are cut to what the API server takes', () => {
    const event = eventObject(
      rulesRefused({ namespace: 'n', name: `${'a'.repeat(240)}.b` }, 'ü'.repeat(1000)),
      { ...reporter, instance: 'i'.repeat(300) },
      0,
      255n,
    );
    expect(event.metadata.name).toMatch(/^a+\.b\.ff$/u);
    expect(Buffer.byteLength(event.note)).toBeLessThanOrEqual(1024);
    expect(event.note).toMatch(/^ü+\.\.\.$/u);
    expect(event.reportingInstance).toHaveLength(128);
    const longest = eventObject(starting('n'.repeat(253)), reporter, 0, 0x123456789abcdef0n);
    expect(longest.metadata.name).toHaveLength(253);
  });
});

describe('what happens again', () => {
  test('raises the count of its Event: the second time at once, then once a minute', async () => {
    const { emit, sent, pass } = recorder();
    for (let second = 0; second < 130; second += 10) {
      await emit(rulesRefused(shop, `after ${String(second)} s`));
      pass(10_000);
    }
    expect(sent.map(({ method, body }) => [method, (body as { series?: { count: number } }).series?.count])).toEqual([
      ['POST', undefined],
      ['PATCH', 2],
      ['PATCH', 8],
    ]);
    expect(sent[1]?.path).toMatch(/^\/apis\/events\.k8s\.io\/v1\/namespaces\/shop\/events\/web\.[0-9a-f]{16}$/u);
    expect(sent[1]?.body).toEqual({ series: { count: 2, lastObservedTime: '2026-01-01T00:00:10.000000Z' } });
  });

  test('after six minutes of rest is a new Event', async () => {
    const { emit, sent, pass } = recorder();
    await emit(rulesRefused(shop, ''));
    pass(359_999);
    await emit(rulesRefused(shop, ''));
    pass(360_000);
    await emit(rulesRefused(shop, ''));
    expect(sent.map(({ method }) => method)).toEqual(['POST', 'PATCH', 'POST']);
  });

  test('to another object, or for another reason, is another Event', async () => {
    const { emit, sent } = recorder();
    await emit(rulesRefused(shop, ''));
    await emit(rulesRefused({ ...shop, name: 'api' }, ''));
    await emit(rulesRefused({ ...shop, uid: 'u2' }, ''));
    await emit(addressConflict(shop, ''));
    expect(sent.map(({ method }) => method)).toEqual(['POST', 'POST', 'POST', 'POST']);
    expect(new Set(sent.map(({ body }) => (body as { metadata: { name: string } }).metadata.name)).size).toBe(4);
  });

  test('and whose Event the API server has forgotten is sent as a whole', async () => {
    const { emit, sent, results } = recorder([201, 404, 201]);
    await emit(rulesRefused(shop, ''));
    await emit(rulesRefused(shop, ''));
    expect(sent.map(({ method }) => method)).toEqual(['POST', 'PATCH', 'POST']);
    expect(sent[2]?.body).toMatchObject({ kind: 'Event', series: { count: 2 } });
    expect(results.map(([result]) => result)).toEqual(['sent', 'sent']);
  });
});

describe('trouble', () => {
  test('bad luck is tried twelve times with growing pauses', async () => {
    const { emit, sent, results, pauses } = recorder(['network', 503, 429, ...Array<number>(9).fill(503)]);
    await emit(starting('node-1'));
    expect(sent).toHaveLength(12);
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, ...Array<number>(7).fill(10_000)]);
    expect(results).toEqual([['failed', 'Starting']]);
  });

  test.each([400, 403, 409, 422])('%d is final', async (status) => {
    const { emit, sent, results } = recorder([status]);
    await emit(starting('node-1'));
    expect(sent).toHaveLength(1);
    expect(results).toEqual([['failed', 'Starting']]);
  });

  test('a flood is dropped, and some get through as time passes', async () => {
    const { events, sent, results, pass } = recorder();
    for (let index = 0; index < 1_000; index += 1)
      events.emit(rulesRefused({ namespace: 'n', name: `s${String(index)}` }, ''));
    await events.settled();
    expect(sent).toHaveLength(25);
    expect(results.filter(([result]) => result === 'dropped')).toHaveLength(975);
    pass(10_000);
    for (let index = 1_000; index < 1_010; index += 1)
      events.emit(rulesRefused({ namespace: 'n', name: `s${String(index)}` }, ''));
    await events.settled();
    expect(sent).toHaveLength(27);
  });

  test('stopping gives up what waits and takes nothing more', async () => {
    const { events, sent, results } = recorder(['network', 'network', 'network']);
    events.emit(starting('node-1'));
    events.emit(starting('node-2'));
    await events.stop();
    events.emit(starting('node-3'));
    expect(sent.length).toBeLessThanOrEqual(1);
    expect(results.map(([result]) => result).toSorted()).toEqual(['dropped', 'failed', 'failed']);
  });
});

describe('tokenBucket', () => {
  test('has its burst, then its rate, and is never fuller than full', () => {
    const bucket = tokenBucket(2, 1);
    const take = (now: number, times: number) => Array.from({ length: times }, () => bucket.take(now));
    expect(take(0, 3)).toEqual([true, true, false]);
    expect(take(999, 1)).toEqual([false]);
    expect(take(1_000, 2)).toEqual([true, false]);
    expect(take(1_000_000, 3)).toEqual([true, true, false]);
    expect(take(0, 1)).toEqual([false]);
  });
});
