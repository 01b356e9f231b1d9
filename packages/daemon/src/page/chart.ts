import { html } from './html.js';
import type { Html } from './html.js';
import { age, duration } from './words.js';

/** A dot of a chart. */
export interface Point {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly milliseconds: number;
  readonly look: 'change' | 'replace' | 'failed';
  /** Shown where the pointer rests on it. */
  readonly label: string;
}

const size = { width: 560, height: 170, left: 48, right: 10, top: 8, bottom: 22 };

/** How long things took over time, on a logarithmic scale; drawn here, so that it needs no script. */
export function chart(id: string, title: string, points: readonly Point[], now: number): Html {
  const decades = decadesOf(points);
  const [low = 0, high = 1] = [decades[0], decades.at(-1)];
  const since = Math.min(now - 1_000, ...points.map(({ at }) => at));
  const x = (at: number): number =>
    size.left + ((at - since) / Math.max(1, now - since)) * (size.width - size.left - size.right);
  const y = (milliseconds: number): number => {
    const share = (Math.log10(Math.max(1, milliseconds)) - low) / (high - low);
    return size.height - size.bottom - share * (size.height - size.top - size.bottom);
  };
  const { width, height, left, right } = size;
  const base = height - 6;
  return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}-title">
    <title id="${id}-title">${title}</title>
    ${decades.map((decade) => {
      const at = round(y(10 ** decade));
      return html`<line class="grid" x1="${left}" x2="${width - right}" y1="${at}" y2="${at}" /><text
          x="${left - 8}"
          y="${round(at + 4)}"
          text-anchor="end"
        >
          ${decade < 3 ? `${String(10 ** decade)} ms` : `${String(10 ** (decade - 3))} s`}
        </text>`;
    })}
    <text x="${left}" y="${base}">${age(now - since)} ago</text>
    <text x="${width - right}" y="${base}" text-anchor="end">now</text>
    ${points.map((point) => dot(point, round(x(point.at)), round(y(point.milliseconds))))}
  </svg>`;
}

/** Whole powers of ten from the shortest to the longest time, and at least from 1 ms to 100 ms. */
function decadesOf(points: readonly Point[]): readonly number[] {
  const longest = Math.max(100, ...points.map(({ milliseconds }) => milliseconds));
  return Array.from({ length: Math.ceil(Math.log10(longest)) + 1 }, (_, index) => index);
}

function dot({ look, label, milliseconds }: Point, x: number, y: number): Html {
  const title = html`<title>${duration(milliseconds)}, ${label}</title>`;
  switch (look) {
    case 'change':
      return html`<circle class="change" cx="${x}" cy="${y}" r="2.6">${title}</circle>`;
    case 'replace':
      return html`<rect class="replace" x="${round(x - 3.5)}" y="${round(y - 3.5)}" width="7" height="7"
        >${title}</rect
      >`;
    case 'failed':
      return html`<path class="failed" d="M${round(x - 3.5)} ${round(y - 3.5)}l7 7m0-7l-7 7">${title}</path>`;
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
