/** Text that is safe to stand in a page: made by {@link html}, or constant. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a template. Text is escaped, lists are joined, what is not there is left out. */
export type Content = string | number | Html | undefined | false | readonly Content[];

/**
 * A piece of a page. Everything that is put into it is escaped, but what another template made: nothing that comes from
 * a Kubernetes object can become markup, wherever it stands. Attributes must be quoted.
 */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Html(parts.map((part, index) => part + textOf(values[index])).join(''));
}

function textOf(content: Content): string {
  if (content === undefined || content === false) return '';
  if (content instanceof Html) return content.text;
  if (typeof content === 'number') return String(content);
  return typeof content === 'string' ? escape(content) : content.map(textOf).join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** Text as it must be written in a page, also inside an attribute. */
export function escape(text: string): string {
  return text.replaceAll(/[&<>"'`]/gu, (character) => entities[character] ?? '');
}
