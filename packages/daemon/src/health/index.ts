export { isEligible } from './eligibility.js';
export { assess, type Freshness, type FreshnessReport, queued, synced } from './freshness.js';
export { type Answered, healthRoutes, type Probe } from './health-routes.js';
export {
  createProxyHealth,
  type HealthClock,
  type ProxyHealth,
  type ProxyHealthOptions,
  systemHealthClock,
} from './proxy-health.js';
export {
  createServiceHealth,
  type HealthCheckScopes,
  type ServiceHealth,
  type ServiceHealthCheck,
  type ServiceHealthOptions,
} from './service-health.js';
