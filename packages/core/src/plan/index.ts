export type { Backend, Decision, Frontend, HealthCheck, Outcome, ServicePlan, ServicePortPlan } from './plan.js';
export { familiesOf } from './service.js';
export { type PlanChange, Planner } from './planner.js';
export { type ClientOrigin, type Prediction, whichEndpoint } from './which.js';
export {
  type DistributionInput,
  distributionOf,
  type PlaceDistribution,
  type PortDistribution,
  type ZoneShare,
} from './distribution.js';
