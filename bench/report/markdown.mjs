/** @typedef {import('../cases/case.mjs').Table} Table */
/** @typedef {import('../cases/case.mjs').Reach} Reach */

/** @param {Table} table */
export function markdownTable({ heads, rows }) {
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(' | ')} |`;
  const isNumber = heads.map((_, column) => rows.every((row) => /^[\d<>]|^$/.test(row[column] ?? '')));
  return [line(heads), `|${isNumber.map((is) => (is ? '---:' : '---')).join('|')}|`, ...rows.map(line)].join('\n');
}

/** @param {readonly Reach[]} reaches @returns {Table} */
export function reachTable(reaches) {
  return {
    title: 'Targets',
    heads: ['', 'target', 'measured', ''],
    rows: reaches.map(({ what, target, measured, pass }) => [what, target, measured, pass ? 'pass' : '**miss**']),
  };
}

/** @param {Table} table for a terminal */
export function plainTable({ title, heads, rows }) {
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (/** @type {readonly string[]} */ cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [title, '', line(heads), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line), ''].join('\n');
}
