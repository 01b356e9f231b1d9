export {
  type Audit,
  type AuditSource,
  auditTable,
  createAuditSource,
  findServingTable,
  mostDiscrepancies,
} from './audit.js';
export type { Discrepancy } from './discrepancy.js';
export { auditElements, type ComparedElements } from './elements.js';
export { auditObjects } from './objects.js';
export { type AuditorOptions, TableAuditor } from './auditor.js';
export type { AuditResult, DriftReport } from './report.js';
export { type AuditScope, type ChangedPart, joinScopes, scopeOf } from './scope.js';
export { type AuditKernel, createAuditKernel } from './kernel.js';
