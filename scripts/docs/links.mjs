import { access } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { ROOT } from '../bootstrap/root.mjs';
import { files, lineAt, textOf } from './files.mjs';

/** `[text](target)`, `![text](target "title")` and `[label]: target`. */
const LINK = /\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)|^\[[^\]]+\]:\s*(\S+)/gm;
const ELSEWHERE = /^[a-z][a-z0-9+.-]*:/i;

/**
 * Every relative link of the documentation leads to a file that is there, and to a heading that is in it; and every
 * page of docs/ can be reached from the README.
 *
 * @returns {Promise<string[]>} what is wrong
 */
export async function brokenLinks() {
  const problems = [];
  const pages = await files(/[.]md$/);
  /** @type {Map<string, string[]>} Where each page's links lead. */
  const links = new Map();
  for (const page of pages) {
    const text = withoutCode(await textOf(page));
    for (const match of text.matchAll(LINK)) {
      const target = match[1] ?? match[2] ?? '';
      if (ELSEWHERE.test(target)) continue;
      const [path = '', anchor] = target.split('#', 2);
      const file = path === '' ? page : normalize(join(dirname(page), decodeURIComponent(path)));
      links.set(page, [...(links.get(page) ?? []), file]);
      const problem = await problemOf(file, anchor);
      if (problem !== undefined) problems.push(`${page}:${lineAt(text, match.index)}: ${target} ${problem}`);
    }
  }
  const reached = reachable('README.md', links);
  const orphans = pages.filter((page) => page.startsWith('docs/') && !reached.has(page));
  return [...problems, ...orphans.map((page) => `${page}: no link leads here from README.md`)];
}

/**
 * @param {string} start
 * @param {ReadonlyMap<string, readonly string[]>} links
 * @returns {ReadonlySet<string>}
 */
function reachable(start, links) {
  const reached = new Set([start]);
  for (const page of reached) for (const next of links.get(page) ?? []) reached.add(next);
  return reached;
}

/**
 * @param {string} file that a link leads to
 * @param {string | undefined} anchor
 */
async function problemOf(file, anchor) {
  if (file.startsWith('..')) return 'leads out of the repository';
  const there = await access(join(ROOT, file)).then(
    () => true,
    () => false,
  );
  if (!there) return `leads to ${file}, which is not there`;
  if (anchor === undefined || !file.endsWith('.md')) return undefined;
  return (await anchorsOf(file)).has(anchor) ? undefined : `leads to no heading of ${file}`;
}

/** @param {string} page */
async function anchorsOf(page) {
  const text = await textOf(page);
  /** @type {Set<string>} */
  const anchors = new Set([...text.matchAll(/<a (?:id|name)="([^"]+)"/g)].map((match) => match[1] ?? ''));
  for (const [, heading = ''] of withoutBlocks(text).matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const slug = slugOf(heading);
    let anchor = slug;
    for (let copy = 1; anchors.has(anchor); copy += 1) anchor = `${slug}-${copy}`;
    anchors.add(anchor);
  }
  return anchors;
}

/**
 * A heading's anchor, made as GitHub makes it.
 *
 * @param {string} heading
 */
function slugOf(heading) {
  return heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');
}

/**
 * Blocks of code are not prose: their comments are no headings. Line numbers stay.
 *
 * @param {string} text
 */
function withoutBlocks(text) {
  return text.replaceAll(/^(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1\s*$/gm, spaces);
}

/**
 * Nor are the brackets of code in a line links. Positions stay.
 *
 * @param {string} text
 */
function withoutCode(text) {
  return withoutBlocks(text).replaceAll(/(`+)[^`\n]+\1/g, spaces);
}

/** @param {string} text */
function spaces(text) {
  return text.replaceAll(/[^\n]/g, ' ');
}
