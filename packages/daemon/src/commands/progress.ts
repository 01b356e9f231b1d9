/** Shows what long work is at; undefined when it is done. */
export type Progress = (what: string | undefined) => void;

/** A stream that may be a terminal. */
export interface MaybeTerminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Progress in one line of a terminal, which the next one replaces and the end clears; none elsewhere. */
export function progressOn(stream: MaybeTerminal, env: NodeJS.ProcessEnv): { readonly progress?: Progress } {
  if (stream.isTTY !== true || env['TERM'] === 'dumb') return {};
  let isShown = false;
  const progress: Progress = (what) => {
    // A line that wraps could not be cleared.
    const width = (stream.columns ?? 80) - 1;
    if (what !== undefined) stream.write(`\r\u001b[K${what.slice(0, width)}`);
    else if (isShown) stream.write('\r\u001b[K');
    isShown = what !== undefined;
  };
  return { progress };
}
