/**
 * What a reflector guards against. Everything is on; a test that switches one off shows what it is good for, and nobody
 * else has a reason to.
 */
export interface Protections {
  /** An event that is not newer than what is known of its object is dropped. */
  readonly dropStaleEvents: boolean;
  /** A deleted object is remembered, so that an event from before its deletion does not bring it back. */
  readonly rememberDeleted: boolean;
  /** Another object under the same name is told as a delete and a set. */
  readonly compareUids: boolean;
  /** A line that is not an event ends the watch, which is resumed before it. Otherwise the line is passed over. */
  readonly distrustBadLines: boolean;
  /** A handler that threw is given everything anew. */
  readonly rebuildAfterThrow: boolean;
  /** A server that went back to lower versions is noticed. */
  readonly noticeWentBack: boolean;
  /** What comes while a handler is busy is told in one batch, of each object the latest state. Otherwise each waits in line. */
  readonly tellTogether: boolean;
}

/** Everything on. */
export const allProtections: Protections = {
  dropStaleEvents: true,
  rememberDeleted: true,
  compareUids: true,
  distrustBadLines: true,
  rebuildAfterThrow: true,
  noticeWentBack: true,
  tellTogether: true,
};
