/** Eight numbers of 16 bits: an IPv6 address. */
export type Groups = readonly number[];

const group = /^[0-9a-f]{1,4}$/i;

/**
 * Reads an IPv6 address in any form of RFC 4291 without a zone: with one `::`, and with a dotted IPv4 address as its
 * last 32 bits (`dotted` reads those).
 */
export function parseGroups(text: string, dotted: (text: string) => readonly number[] | undefined): Groups | undefined {
  const gap = text.indexOf('::');
  if (gap < 0) {
    const all = listOfGroups(text, dotted);
    return all?.length === 8 ? all : undefined;
  }
  const before = gap === 0 ? [] : listOfGroups(text.slice(0, gap), neverDotted);
  const after = gap + 2 === text.length ? [] : listOfGroups(text.slice(gap + 2), dotted);
  if (before === undefined || after === undefined || before.length + after.length > 7) return undefined;
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
}

function listOfGroups(text: string, dotted: (text: string) => readonly number[] | undefined): number[] | undefined {
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (group.test(part)) groups.push(parseInt(part, 16));
    else {
      const [a, b, c, d] = (index === parts.length - 1 ? dotted(part) : undefined) ?? [];
      if (a === undefined || b === undefined || c === undefined || d === undefined) return undefined;
      groups.push(a * 256 + b, c * 256 + d);
    }
  }
  return groups;
}

const neverDotted = (): undefined => undefined;

/** The text of RFC 5952: lower case, the first longest run of two or more zero groups as `::`. */
export function formatGroups(groups: Groups): string {
  let start = 0;
  let longest = 1;
  for (let from = 0; from < 8; from += 1) {
    let end = from;
    while (end < 8 && groups[end] === 0) end += 1;
    if (end - from > longest) [start, longest] = [from, end - from];
    from = Math.max(from, end - 1);
  }
  const text = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((value) => value.toString(16))
      .join(':');
  return longest === 1 ? text(0, 8) : `${text(0, start)}::${text(start + longest, 8)}`;
}
