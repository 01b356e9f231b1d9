/** @typedef {import('../cases/case.mjs').Plot} Plot */

const width = 720;
const height = 400;
const margin = { left: 70, right: 170, top: 44, bottom: 50 };
/** Told apart without colour too, by their names beside the last points. */
const colours = ['#b3261e', '#1a56b0', '#1b7f4b', '#8a5a00', '#6b6b6b', '#7b3fa0'];

/**
 * A plot with two logarithmic axes.
 *
 * @param {Plot} plot
 */
export function plotSvg({ title, x, y, series }) {
  const shown = series.filter(({ points }) => points.length > 0);
  const all = shown.flatMap(({ points }) => points);
  const xs = axis(
    all.map(([value]) => value),
    margin.left,
    width - margin.right,
  );
  const ys = axis(
    all.map(([, value]) => value),
    height - margin.bottom,
    margin.top,
  );
  const grid = [
    ...xs.ticks.map((tick) => line(xs.at(tick), margin.top, xs.at(tick), height - margin.bottom)),
    ...ys.ticks.map((tick) => line(margin.left, ys.at(tick), width - margin.right, ys.at(tick))),
  ];
  const labels = [
    ...xs.ticks.map((tick) => text(xs.at(tick), height - margin.bottom + 18, number(tick), 'middle')),
    ...ys.ticks.map((tick) => text(margin.left - 8, ys.at(tick) + 4, number(tick), 'end')),
    text((margin.left + width - margin.right) / 2, height - 10, x, 'middle'),
    text(margin.left, margin.top - 8, y, 'middle'),
    `<text x="${margin.left}" y="18" font-weight="600" font-size="15">${title}</text>`,
  ];
  const ends = spread(shown.map(({ points }) => ys.at(points.at(-1)?.[1] ?? 1)));
  const lines = shown.map(({ name, points }, index) => {
    const colour = colours[index % colours.length] ?? '#000';
    const path = points.map(([px, py]) => `${round(xs.at(px))},${round(ys.at(py))}`).join(' ');
    const dots = points.map(
      ([px, py]) => `<circle cx="${round(xs.at(px))}" cy="${round(ys.at(py))}" r="3" fill="${colour}"/>`,
    );
    return [
      `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${path}"/>`,
      ...dots,
      `<text x="${width - margin.right + 10}" y="${round((ends[index] ?? 0) + 4)}" fill="${colour}">${name}</text>`,
    ].join('\n');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...grid,
    ...labels,
    ...lines,
    '</svg>',
    '',
  ].join('\n');
}

/**
 * @param {readonly number[]} values
 * @param {number} from pixels of the least value
 * @param {number} to
 */
function axis(values, from, to) {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  return {
    at: (/** @type {number} */ value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from),
    ticks: Array.from({ length: high - low + 1 }, (_, step) => 10 ** (low + step)),
  };
}

/** Names that would cover each other move apart. @param {readonly number[]} wanted */
function spread(wanted) {
  const placed = [...wanted];
  const order = wanted.map((_, index) => index).sort((a, b) => (wanted[a] ?? 0) - (wanted[b] ?? 0));
  for (const [at, index] of order.entries()) {
    const above = placed[order[at - 1] ?? -1];
    if (above !== undefined) placed[index] = Math.max(placed[index] ?? 0, above + 16);
  }
  return placed;
}

/** @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 */
function line(x1, y1, x2, y2) {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="#ddd"/>`;
}

/** @param {number} x @param {number} y @param {string} content @param {string} anchor */
function text(x, y, content, anchor) {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" fill="#333">${content}</text>`;
}

/** @param {number} value */
function number(value) {
  return value.toLocaleString('en', { maximumFractionDigits: 6 });
}

/** @param {number} value */
function round(value) {
  return Number(value.toFixed(1));
}
