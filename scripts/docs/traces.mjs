import { homedir } from 'node:os';
import { ROOT } from '../bootstrap/root.mjs';
import { run } from '../bootstrap/run.mjs';
import { files, lineAt, textOf } from './files.mjs';

/**
 * No file names what belongs to the machine or the network it was written on: a private package registry, a home
 * directory, where the clone lies.
 *
 * @returns {Promise<string[]>} what is wrong
 */
export async function traces() {
  const { output } = await run(['npm', 'config', 'get', 'registry']);
  const [registry] = /[\w.-]+[.][\w-]+(?=[:/\s]|$)/.exec(output.replace(/^.*?\/\//s, '')) ?? [];
  const patterns = [
    ...[ROOT, homedir()]
      .filter((path) => path.split('/').length > 2)
      .map((path) => ({ what: 'a path of this machine', path })),
    { what: 'a path of a machine', path: /(?<![\w.$}-])\/(?:home|Users|work)\/[\w.-]+/ },
    ...(registry === undefined ? [] : [{ what: 'the host of a package registry', path: registry }]),
  ].map(({ what, path }) => ({
    what,
    pattern: typeof path === 'string' ? new RegExp(escape(path), 'g') : new RegExp(path, 'g'),
  }));
  const problems = [];
  for (const file of await files(/(?<![.](?:png|ico|gz))$/)) {
    const text = await textOf(file);
    for (const { what, pattern } of patterns) {
      for (const match of text.matchAll(pattern)) problems.push(`${file}:${lineAt(text, match.index)}: ${what}`);
    }
  }
  return problems;
}

/** @param {string} text */
function escape(text) {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
