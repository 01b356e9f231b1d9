/** One thing wrong with a configuration, complete enough to put right without reading further. */
export interface Problem {
  /** The field by its path in the file (`conntrack.min`), or the flag with its dashes (`--oom-score-adj`). */
  readonly field: string;
  /** What was given, as text, shortened. */
  readonly value: string;
  /** What the value must be. */
  readonly rule: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** Something that does not stop the start but that the operator should know. */
export interface Warning {
  readonly field: string;
  readonly message: string;
}

const limit = 120;

/** Shows a given value in a message: as JSON, so that line breaks and control characters cannot forge log lines. */
export const showValue = (value: unknown): string => {
  if (value === undefined) return '(nothing)';
  // Of a symbol or a function JSON has nothing to say, whatever its type declares.
  const text = (JSON.stringify(value) as string | undefined) ?? typeof value;
  return text.length > limit ? `${text.slice(0, limit)}… (${String(text.length)} characters)` : text;
};

/** One problem as one line of text. */
export const describeProblem = ({ field, value, rule, remedy }: Problem): string =>
  `${field}: ${value} is not accepted: it must be ${rule}. ${remedy}`;

/** A configuration that cannot be used. Carries every problem found, not only the first. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly code = 'CONFIGURATION_INVALID';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const count = problems.length === 1 ? '1 problem' : `${String(problems.length)} problems`;
    super(
      [`The configuration has ${count}:`, ...problems.map((problem) => `  ${describeProblem(problem)}`)].join('\n'),
    );
    this.problems = problems;
  }
}
