/** Colours for people at a terminal; plain text for anyone else. */
export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
}

const same = (text: string): string => text;
const code =
  (on: number, off: number) =>
  (text: string): string =>
    `\u001b[${String(on)}m${text}\u001b[${String(off)}m`;

/** @param isColored whether there are colours at all. */
export function paint(isColored: boolean): Paint {
  if (!isColored) return { good: same, bad: same, strong: same, faint: same };
  return { good: code(32, 39), bad: code(31, 39), strong: code(1, 22), faint: code(2, 22) };
}

/** Whether what is written to a stream is read by a person who wants colours; see https://no-color.org. */
export function wantsColor(isTerminal: boolean, env: NodeJS.ProcessEnv): boolean {
  return isTerminal && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
}
