import { html } from './html.js';
import type { Content, Html } from './html.js';

/** A column: numbers stand to the right. */
export interface Column {
  readonly name: string;
  readonly numeric?: boolean;
}

/** A table that a screen reader can follow. The first cell of a row is its heading. */
export function table(caption: Content, columns: readonly Column[], rows: readonly (readonly Content[])[]): Html {
  const look = (index: number): string => (columns[index]?.numeric === true ? 'n' : '');
  return html`<div class="wide" tabindex="0" role="group" aria-label="Table">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map(({ name }, index) => html`<th scope="col" class="${look(index)}">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (cells) =>
            html`<tr>
              ${cells.map((cell, index) =>
                index === 0
                  ? html`<th scope="row" class="${look(0)}">${cell}</th>`
                  : html`<td class="${look(index)}">${cell}</td>`,
              )}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
