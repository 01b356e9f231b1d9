import { type Handler, json, type Routes } from '../http/router.js';
import type { ProxyHealth } from './proxy-health.js';
import { timestamp } from './timestamp.js';

/** A question that the health server answers. */
export type Probe = 'healthz' | 'livez' | 'readyz';

/** Told of every answer. */
export type Answered = (probe: Probe, ok: boolean) => void;

const body = (health: ProxyHealth, ok: boolean, more: object): string => {
  const { healthy, lastUpdated, status } = health.report();
  const now = health.clock.now();
  return JSON.stringify({
    // Old load balancers look at this time only, so a good answer is always of now.
    lastUpdated: timestamp(ok ? now : lastUpdated),
    currentTime: timestamp(now),
    ...more,
    healthy,
    status: Object.fromEntries(
      Object.entries(status).map(([family, own]) => [
        family,
        { lastUpdated: timestamp(own.lastUpdated), healthy: own.healthy },
      ]),
    ),
  });
};

/**
 * The routes of the health server (10256). `/healthz` is for load balancers: the rules are fresh and the node is to stay.
 * `/livez` is for the kubelet: the rules are fresh. `/readyz` is for rollouts: all families have been synced and the rules
 * are fresh. Each answers 200 or 503 to any method.
 */
export const healthRoutes = (health: ProxyHealth, answered: Answered = () => undefined): Routes => {
  const probe =
    (name: Probe, judge: () => boolean, more: () => object): Handler =>
    () => {
      const ok = judge();
      answered(name, ok);
      return json(ok ? 200 : 503, body(health, ok, more()));
    };
  return new Map([
    [
      '/healthz',
      probe(
        'healthz',
        () => health.report().healthy && health.isNodeEligible(),
        () => ({ nodeEligible: health.isNodeEligible() }),
      ),
    ],
    [
      '/livez',
      probe(
        'livez',
        () => health.report().healthy,
        () => ({}),
      ),
    ],
    ['/readyz', probe('readyz', health.isReady, () => ({ ready: health.isReady() }))],
  ]);
};
