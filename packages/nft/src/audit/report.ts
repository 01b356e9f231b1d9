import type { Discrepancy } from './discrepancy.js';

/**
 * How an audit ended. `agreed`: nothing differed. `repaired`: elements differed, and were put right. `damaged`: more than
 * elements differed, or too many of them; the loader has to load the table anew, and was told so. `abandoned`: the table
 * was replaced meanwhile, or there is none.
 */
export type AuditResult = 'agreed' | 'repaired' | 'damaged' | 'abandoned';

/** What an audit of the table in service came to. */
export interface DriftReport {
  /** What was done about what was found. */
  readonly result: AuditResult;
  /** The first differences, at most 100. */
  readonly discrepancies: readonly Discrepancy[];
  /** How many there were. */
  readonly total: number;
  /** Elements that were compared. */
  readonly elements: number;
  /** Whether something was missing: connections may have begun that nobody translated. */
  readonly wasIncomplete: boolean;
}
