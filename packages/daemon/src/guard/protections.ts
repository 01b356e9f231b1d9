/** What guards the table against other programs, each of which tests can do without. */
export interface Protections {
  /** One daemon in a network namespace. */
  readonly lock: boolean;
  /** Hearing of what others do to the table. */
  readonly listener: boolean;
  /** Looking whether the table is there, where that is not heard. */
  readonly watch: boolean;
  /** A table that keeps NAT alive while ours is gone. */
  readonly keeper: boolean;
  /** Comparing the kernel with what it should hold. */
  readonly audit: boolean;
  /** Deleting flows that must not go on. */
  readonly flows: boolean;
  /** Looking how full connection tracking is. */
  readonly alarm: boolean;
}

/** What a daemon has. */
export const allProtections: Protections = {
  lock: true,
  listener: true,
  watch: true,
  keeper: true,
  audit: true,
  flows: true,
  alarm: true,
};
