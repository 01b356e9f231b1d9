import type { Node } from '@nftproxier/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  assess,
  createProxyHealth,
  type Freshness,
  healthRoutes,
  isEligible,
  queued,
  synced,
} from '../../src/health/index.js';
import { timestamp } from '../../src/health/timestamp.js';
import { ask, serving } from '../http/serving.js';

describe('freshness', () => {
  test('nothing known is healthy', () => {
    expect(assess({}, 1e9, 60)).toEqual({ healthy: true, lastUpdated: undefined, status: {} });
  });

  test('a change may wait up to the timeout', () => {
    const state = queued(synced({}, 'IPv4', 1_000), 'IPv4', 100);
    expect(assess(state, 159, 60).healthy).toBe(true);
    expect(assess(state, 160, 60)).toEqual({
      healthy: false,
      lastUpdated: 1_000,
      status: { IPv4: { lastUpdated: 1_000, healthy: false } },
    });
  });

  test('the first request counts, a sync clears it, and rest is healthy for ever', () => {
    const twice = queued(queued({}, 'IPv4', 100), 'IPv4', 150);
    expect(assess(twice, 160, 60).healthy).toBe(false);
    expect(assess(synced(twice, 'IPv4', 5), 1e12, 60).healthy).toBe(true);
  });

  test('families are judged on their own, and one stale family is enough', () => {
    const state = queued(synced(synced({}, 'IPv4', 1_000), 'IPv6', 2_000), 'IPv4', 0);
    expect(assess(state, 60, 60)).toEqual({
      healthy: false,
      lastUpdated: 2_000,
      status: { IPv4: { lastUpdated: 1_000, healthy: false }, IPv6: { lastUpdated: 2_000, healthy: true } },
    });
  });

  test('whatever happens, a family is stale only if a request waits since before the last sync', () => {
    const step = fc.record({ sync: fc.boolean(), pause: fc.nat(100) });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        let state: Freshness = {};
        let time = 0;
        let waiting: number | undefined;
        for (const { sync, pause } of steps) {
          time += pause;
          state = sync ? synced(state, 'IPv6', time) : queued(state, 'IPv6', time);
          waiting = sync ? undefined : (waiting ?? time);
          expect(assess(state, time, 60).healthy).toBe(waiting === undefined || time - waiting < 60);
        }
      }),
    );
  });
});

describe('isEligible', () => {
  test.each<[string, Node | undefined, boolean]>([
    ['no Node', undefined, false],
    ['a plain Node', {}, true],
    ['other taints', { spec: { taints: [{ key: 'a' }, { effect: 'NoSchedule' }] } }, true],
    [
      'the taint of the autoscaler',
      { spec: { taints: [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoExecute', value: '1' }] } },
      false,
    ],
    ['a Node being deleted', { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }, false],
  ])('%s', (_, node, expected) => {
    expect(isEligible(node)).toBe(expected);
  });
});

describe('timestamp', () => {
  test.each([
    [undefined, '0001-01-01T00:00:00Z'],
    [0, '1970-01-01T00:00:00Z'],
    [1_120, '1970-01-01T00:00:01.12Z'],
    [20_000, '1970-01-01T00:00:20Z'],
    [1.5, '1970-01-01T00:00:00.001Z'],
  ])('%s is %s', (moment, text) => {
    expect(timestamp(moment)).toBe(text);
  });
});

const proxy = () => {
  const clock = { wall: Date.UTC(2026, 0, 1), elapsed: 0 };
  const health = createProxyHealth({
    families: ['IPv4', 'IPv6'],
    timeout: () => 60_000,
    clock: { now: () => clock.wall, elapsed: () => clock.elapsed },
  });
  const pass = (milliseconds: number): void => {
    clock.wall += milliseconds;
    clock.elapsed += milliseconds;
  };
  const answered: string[] = [];
  const probe = (path: string, method = 'GET') =>
    serving(
      healthRoutes(health, (name, ok) => answered.push(`${name} ${String(ok)}`)),
      (port) => ask(port, path, { method }),
    );
  return { health, pass, probe, answered };
};

const status = (v4: string, v6: string, healthy = [true, true]) =>
  `"status":{"IPv4":{"lastUpdated":"${v4}","healthy":${String(healthy[0])}},"IPv6":{"lastUpdated":"${v6}","healthy":${String(healthy[1])}}}`;

describe('the health server', () => {
  test('before anything: alive, but the node is not known and nothing is ready', async () => {
    const { probe } = proxy();
    const healthz = await probe('/healthz');
    expect(healthz.status).toBe(503);
    expect(healthz.body).toBe(
      '{"lastUpdated":"0001-01-01T00:00:00Z","currentTime":"2026-01-01T00:00:00Z","nodeEligible":false,"healthy":true,"status":{}}',
    );
    const livez = await probe('/livez');
    expect(livez.status).toBe(200);
    expect(livez.body).toBe(
      '{"lastUpdated":"2026-01-01T00:00:00Z","currentTime":"2026-01-01T00:00:00Z","healthy":true,"status":{}}',
    );
    expect((await probe('/readyz')).status).toBe(503);
  });

  test('in sync: good everywhere, and the time on top is now', async () => {
    const { health, pass, probe } = proxy();
    health.setNode({});
    health.started('IPv4');
    health.started('IPv6');
    expect((await probe('/readyz')).status).toBe(503);
    pass(1_000);
    health.synced('IPv4');
    expect((await probe('/readyz')).status).toBe(503);
    pass(1_500);
    health.synced('IPv6');
    pass(3_600_000);
    const families = status('2026-01-01T00:00:01Z', '2026-01-01T00:00:02.5Z');
    const time = '2026-01-01T01:00:02.5Z';
    const times = `"lastUpdated":"${time}","currentTime":"${time}"`;
    expect(await probe('/healthz')).toMatchObject({
      status: 200,
      body: `{${times},"nodeEligible":true,"healthy":true,${families}}`,
    });
    expect(await probe('/livez')).toMatchObject({ status: 200, body: `{${times},"healthy":true,${families}}` });
    expect(await probe('/readyz')).toMatchObject({
      status: 200,
      body: `{${times},"ready":true,"healthy":true,${families}}`,
    });
  });

  test('stale: bad everywhere, and the time on top is that of the newest real update', async () => {
    const { health, pass, probe } = proxy();
    health.setNode({});
    health.synced('IPv4');
    pass(1_000);
    health.synced('IPv6');
    health.queued('IPv4');
    pass(59_999);
    expect((await probe('/livez')).status).toBe(200);
    pass(1);
    const times = '"lastUpdated":"2026-01-01T00:00:01Z","currentTime":"2026-01-01T00:01:01Z"';
    const families = status('2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z', [false, true]);
    expect(await probe('/healthz')).toMatchObject({
      status: 503,
      body: `{${times},"nodeEligible":true,"healthy":false,${families}}`,
    });
    expect(await probe('/livez')).toMatchObject({ status: 503, body: `{${times},"healthy":false,${families}}` });
    expect(await probe('/readyz')).toMatchObject({
      status: 503,
      body: `{${times},"ready":false,"healthy":false,${families}}`,
    });
    health.synced('IPv4');
    expect((await probe('/livez')).status).toBe(200);
  });

  test('a change that waits makes it unready before it makes it unhealthy', () => {
    let elapsed = 0;
    const health = createProxyHealth({
      families: ['IPv4'],
      timeout: () => 60_000,
      readyTimeout: () => 21_000,
      clock: { now: () => 0, elapsed: () => elapsed },
    });
    health.synced('IPv4');
    health.queued('IPv4');
    elapsed = 20_999;
    expect(health.isReady()).toBe(true);
    elapsed = 21_000;
    expect([health.isReady(), health.report().healthy]).toEqual([false, true]);
    elapsed = 60_000;
    expect(health.report().healthy).toBe(false);
    health.synced('IPv4');
    expect(health.isReady()).toBe(true);
  });

  test.each<[string, Node]>([
    ['tainted', { spec: { taints: [{ key: 'ToBeDeletedByClusterAutoscaler' }] } }],
    ['being deleted', { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }],
  ])('a node that is %s: only /healthz is bad, and it says why', async (_, node) => {
    const { health, probe } = proxy();
    health.setNode(node);
    health.synced('IPv4');
    health.synced('IPv6');
    health.setNode(undefined);
    const healthz = await probe('/healthz');
    expect(healthz.status).toBe(503);
    expect(JSON.parse(healthz.body)).toMatchObject({ nodeEligible: false, healthy: true });
    expect((await probe('/livez')).status).toBe(200);
    expect((await probe('/readyz')).status).toBe(200);
  });

  test('headers, any method, other paths, and every answer is told', async () => {
    const { probe, answered } = proxy();
    const answer = await probe('/livez', 'POST');
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    await probe('/healthz');
    await probe('/readyz');
    expect(answered).toEqual(['livez true', 'healthz false', 'readyz false']);
    expect((await probe('/')).status).toBe(404);
    expect((await probe('/healthz/')).status).toBe(404);
  });
});
