import type { RefusalReason } from '../run/index.js';

/** One step is refused: why, and which of its elements it is about. Ends the transaction. */
export class StepRefused extends Error {
  readonly reason: RefusalReason;
  readonly element: number | undefined;

  constructor(reason: RefusalReason, message: string, element?: number) {
    super(message);
    this.reason = reason;
    this.element = element;
  }
}

// The kernel's words, so that messages read the same.
const messages = {
  exists: 'Could not process rule: File exists',
  'not-found': 'Could not process rule: No such file or directory',
  busy: 'Could not process rule: Device or resource busy',
  loop: 'Could not process rule: Too many links',
  'set-full': 'Could not process rule: Too many open files in system',
  'not-supported': 'Could not process rule: Operation not supported',
} as const;

/** Refuses the step as the kernel would. */
export function refuse(reason: keyof typeof messages, element?: number): never {
  throw new StepRefused(reason, messages[reason], element);
}

/** Refuses the step as nft itself would, before it asks the kernel. */
export function invalid(message: string, element?: number): never {
  throw new StepRefused('invalid', message, element);
}
