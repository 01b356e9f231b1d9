/** What went wrong in the lab, so that a caller can tell a machine that lacks something from a lab that broke. */
export type LabErrorCode = 'LabNotPermitted' | 'LabToolMissing' | 'LabCommandFailed' | 'LabAgentFailed' | 'LabAddress';

/** A lab could not be built or used. `code` is stable; the message says what failed, where, and what to do. */
export class LabError extends Error {
  override readonly name = 'LabError';
  readonly code: LabErrorCode;

  constructor(code: LabErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
