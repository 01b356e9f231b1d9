// Control characters steer terminals; the bidirectional and invisible ones make text look like other text.
const unprintable = /[\p{Cc}\p{Cs}\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;

/** Text of others, made harmless for a terminal or a page: one line, every character visible, cut to a length. */
export function printable(text: string, most = 500): string {
  const cut = text.length <= most ? text : `${text.slice(0, most - 1)}…`;
  return cut.replaceAll(/[\t\r\n]+/gu, ' ').replaceAll(unprintable, '\ufffd');
}
