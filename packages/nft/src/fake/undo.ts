/** How to take back what a transaction has done so far, in the order it was done. */
export type UndoLog = (() => void)[];

/** Takes everything back, the last first. */
export function rollBack(undo: UndoLog): void {
  for (const step of undo.reverse()) step();
}
