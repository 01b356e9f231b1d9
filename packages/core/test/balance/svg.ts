/** A line of a plot: points in the units of the axes. */
export interface Line {
  readonly name: string;
  readonly color: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** A plot with two axes that begin at 0 or 1. */
export interface Plot {
  readonly title: string;
  readonly x: { readonly name: string; readonly from: number; readonly to: number; readonly ticks: readonly number[] };
  readonly y: { readonly name: string; readonly from: number; readonly to: number; readonly ticks: readonly number[] };
  readonly lines: readonly Line[];
}

const width = 720;
const height = 380;
const frame = { left: 64, right: 24, top: 48, bottom: 96 };

/** The plot as an SVG image that needs nothing else. */
export function svg({ title, x, y, lines }: Plot): string {
  const inner = { width: width - frame.left - frame.right, height: height - frame.top - frame.bottom };
  const px = (value: number): string => (frame.left + ((value - x.from) / (x.to - x.from)) * inner.width).toFixed(1);
  const py = (value: number): string =>
    (frame.top + (1 - (value - y.from) / (y.to - y.from)) * inner.height).toFixed(1);
  const text = (at: readonly [string | number, string | number], anchor: string, content: string): string =>
    `<text x="${String(at[0])}" y="${String(at[1])}" text-anchor="${anchor}">${content}</text>`;
  const bottom = frame.top + inner.height;
  const parts = [
    `<rect width="${String(width)}" height="${String(height)}" fill="white"/>`,
    `<text x="${String(frame.left)}" y="24" font-size="15" font-weight="bold">${title}</text>`,
    ...y.ticks.flatMap((tick) => [
      `<line x1="${String(frame.left)}" x2="${String(width - frame.right)}" y1="${py(tick)}" y2="${py(tick)}" stroke="#ddd"/>`,
      text([frame.left - 8, Number(py(tick)) + 4], 'end', String(tick)),
    ]),
    ...x.ticks.map((tick) => text([px(tick), bottom + 18], 'middle', String(tick))),
    text([frame.left + inner.width / 2, bottom + 38], 'middle', x.name),
    `<text x="16" y="${String(frame.top + inner.height / 2)}" text-anchor="middle" transform="rotate(-90 16 ${String(frame.top + inner.height / 2)})">${y.name}</text>`,
    ...lines.map(({ color, points }) => {
      const path = points.map(([left, top]) => `${px(left)},${py(top)}`).join(' ');
      return `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="2"/>`;
    }),
    ...lines.flatMap(({ name, color }, index) => {
      const left = frame.left + (index % 2) * (inner.width / 2);
      const top = bottom + 62 + Math.floor(index / 2) * 20;
      return [
        `<line x1="${String(left)}" x2="${String(left + 24)}" y1="${String(top - 4)}" y2="${String(top - 4)}" stroke="${color}" stroke-width="2"/>`,
        text([left + 32, top], 'start', name),
      ];
    }),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(width)} ${String(height)}" font-family="sans-serif" font-size="12" role="img" aria-label="${title}">\n${parts.join('\n')}\n</svg>\n`;
}
