import type { Family } from '@nftproxier/core';
import { TableAuditor } from '@nftproxier/nft';
import type { AuditKernel, Loader, OwnProcesses, Pause } from '@nftproxier/nft';
import type { Logger } from 'pino';
import type { LiveConfiguration } from '../config/index.js';
import type { EventRecorder } from '../events/index.js';
import { DriftAudits } from '../guard/drift.js';
import { Guard } from '../guard/guard.js';
import type { Protections } from '../guard/protections.js';
import type { ProxyHealth, ServiceHealth } from '../health/index.js';
import { monitorAddresses } from '../host/index.js';
import type { Metrics } from '../metrics/index.js';
import { createFlowCleaning } from '../observe/conntrack.js';
import { eventsObserver } from '../observe/events.js';
import { healthObserver } from '../observe/health.js';
import { metricsObserver } from '../observe/metrics.js';
import { together } from '../observe/together.js';
import type { ChosenSource } from '../sources/create.js';
import { SyncHistory } from '../status/history.js';
import type { RunningProxy } from '../status/running.js';
import { reportOf } from '../status/source.js';
import { systemClock } from '../sync/clock.js';
import { Proxy } from '../sync/proxy.js';
import type { Takeover } from '../takeover/index.js';
import { startConntrackAlarm } from './conntrack-alarm.js';
import { openDebugServer } from './debug-server.js';
import type { Endings } from './endings.js';
import { keepHeapSmallOnce } from './heap.js';

/** What a proxy is connected with. */
export interface StartProxyOptions extends ChosenSource, Pick<RunningProxy, 'version' | 'software' | 'counters'> {
  readonly settings: LiveConfiguration;
  readonly nodeName: string;
  readonly families: readonly Family[];
  readonly loader: Loader;
  /** Whether nft and the kernel work. */
  readonly probe: () => Promise<void>;
  /** What audits read and repair. */
  readonly auditKernel: AuditKernel;
  /** Told when our rules are live. */
  readonly takeover: Takeover;
  readonly health: ProxyHealth;
  readonly serviceHealth: ServiceHealth;
  readonly metrics: Metrics;
  readonly events: Pick<EventRecorder, 'emit'>;
  /** Milliseconds since 1970. */
  readonly startTime: number;
  readonly log: Logger;
  readonly endings: Endings;
  readonly protections: Protections;
  /** Everything that we start. */
  readonly own: OwnProcesses;
  readonly pause: Pause;
}

/** Connects the proxy with the machine's addresses and with all that follows what it does, and starts it. */
export async function startProxy(options: StartProxyOptions): Promise<Proxy> {
  const { settings, nodeName, families, source, required, loader, takeover } = options;
  const { health, serviceHealth, metrics, events, startTime, log, endings, protections, pause } = options;
  const addresses = await monitorAddresses({
    changed: () => {
      proxy.addressesChanged();
      flows.addressesChanged();
    },
    failed: (error) => {
      log.warn({ err: error }, 'changes of local addresses cannot be followed; they are read again later');
    },
  });
  endings.add(() => addresses.stop());
  const localAddresses = addresses.addresses;
  const isWanted = (): boolean => protections.flows && settings.current.nftproxier.conntrackCleanup;
  const flows = createFlowCleaning({ isWanted, metrics, log, localAddresses, pause, proxy: () => proxy });
  endings.add(() => flows.stop());
  const cluster = () => proxy.cluster;
  if (protections.alarm) endings.add(startConntrackAlarm({ nodeName, metrics, events, log }));
  const history = new SyncHistory({ loader, startTime, now: Date.now });
  let loadMs = 0;
  const observer = together([
    // Once everything has been read.
    { queued: keepHeapSmallOnce() },
    healthObserver({ families, health, serviceHealth }),
    metricsObserver({
      families,
      metrics,
      loader,
      cluster,
      startTime,
      now: Date.now,
      pause,
      programmed: (time) => {
        history.programmed(time);
      },
    }),
    eventsObserver({
      events,
      loader,
      uidOf: (namespace, name) => cluster().planner.uidOf({ metadata: { namespace, name } }),
    }),
    flows.observer,
    {
      synced: (outcome) => {
        history.synced(outcome);
        if (outcome.ok && outcome.report.kind === 'replace') loadMs = outcome.milliseconds;
      },
    },
    {
      synced: ({ ok }) => {
        if (!ok) return;
        guard.served();
        takeover.served();
      },
    },
  ]);
  const configuration = () => settings.current;
  const clock = systemClock;
  const guard = new Guard({
    ...{ loader, nodeName, log, metrics, events, clock, protections, own: options.own },
    attend: () => {
      proxy.attend();
    },
    suspect: (scope, by) => {
      if (protections.audit && !proxy.isFailing) audits.suspect(scope, by);
    },
  });
  const { kernel } = options.software;
  const node = { configuration, nodeName, families, kernel, log, clock, pause, localAddresses };
  const made = { ...node, source, required, loader, guard, probe: options.probe, observer };
  const proxy: Proxy = new Proxy(made);
  const { version, software, counters } = options;
  const audits = new DriftAudits({
    ...{ nodeName, log, metrics, events, clock },
    auditor: (alone) => new TableAuditor({ kernel: options.auditKernel, loader, alone, pause }),
    random: Math.random,
    // Syncs find out when nft works again: audits beside them would only start it more often.
    period: () => (proxy.isFailing ? 0 : settings.current.nftproxier.auditPeriod),
    between: (step) => proxy.between(step),
    interrupted: () => {
      flows.interrupted();
    },
    loadMs: () => loadMs,
    attend: () => {
      proxy.attend();
    },
  });
  const running: RunningProxy = {
    ...{ version, software, nodeName, startTime, cluster, loader, localAddresses, history, counters, now: Date.now },
    wishes: () => proxy.wishes,
    source: () => reportOf(source.status(), settings.current.nftproxier.manifests),
  };
  const debug = openDebugServer(settings.current.nftproxier.debugBindAddress, running, log);
  endings.add(() => debug?.close());
  // Timers of the proxy do not keep the process alive; this does, until the end.
  const alive = setInterval(() => undefined, 2 ** 30);
  endings.add(() => {
    clearInterval(alive);
  });
  endings.add(() => proxy.stop());
  endings.add(() => guard.stop());
  endings.add(() => audits.stop());
  await guard.start();
  for (const family of families) health.started(family);
  await proxy.start();
  if (protections.audit) audits.start();
  return proxy;
}
