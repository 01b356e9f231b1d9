/** Lines of a table for a terminal: columns as wide as they must be, numbers to the right. */
export function columns(heads: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const all = [heads, ...rows];
  const widths = heads.map((_, index) => Math.max(...all.map((row) => (row[index] ?? '').length)));
  const isNumeric = heads.map((_, index) => rows.every((row) => /^[\d\u202f]*(?:\.\d+)?$/u.test(row[index] ?? '')));
  return all.map((row) =>
    row
      .map((cell, index) =>
        isNumeric[index] === true ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}
