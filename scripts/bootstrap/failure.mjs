/** Something that a person has to put right before anything can run. The message says what, and how. */
export class BootstrapError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = 'BootstrapError';
  }
}
