import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from '../bootstrap/run.mjs';
import { lineAt } from './files.mjs';

/**
 * Something a reader of a page does: a file that is written, or a command with what it prints.
 *
 * @typedef {{ readonly kind: 'file', readonly line: number, readonly path: string, readonly text: string }} FileStep
 * @typedef {object} CommandStep
 * @property {'command'} kind
 * @property {number} line
 * @property {string} command
 * @property {readonly string[]} output its lines; none: whatever it prints is right. `…` stands for any lines, or within
 *   a line for any text
 * @property {number} code that it ends with
 * @typedef {FileStep | CommandStep} SessionStep
 */

/** ```` ```sh check ```` and ```` ```js file=main.mjs ````. */
const BLOCK = /^```(?:sh check|\w+ file=(\S+))[^\n]*\n([\s\S]*?)^```$/gm;

/**
 * What a reader of a page would do, in order: files from blocks with `file=PATH`, commands from `sh check` blocks, where
 * a line with `$ ` is a command, the lines after it are its output, and `# exit code N` says how it ends.
 *
 * @param {string} text of a page
 * @returns {SessionStep[]}
 */
export function sessionOf(text) {
  return [...text.matchAll(BLOCK)].flatMap(([block, path, body = ''], index) => {
    const line = lineAt(text, text.indexOf(block));
    if (path !== undefined) return [{ kind: /** @type {const} */ ('file'), line, path, text: body }];
    return commandsOf(body, line + 1 + index * 0);
  });
}

/**
 * @param {string} body
 * @param {number} firstLine
 * @returns {SessionStep[]}
 */
function commandsOf(body, firstLine) {
  /** @type {{ kind: 'command', line: number, command: string, output: string[], code: number }[]} */
  const steps = [];
  for (const [index, text] of body.replace(/\n$/, '').split('\n').entries()) {
    const last = steps.at(-1);
    const code = /^# exit code (\d+)$/.exec(text)?.[1];
    if (text.startsWith('$ ')) {
      steps.push({ kind: 'command', line: firstLine + index, command: text.slice(2), output: [], code: 0 });
    } else if (last?.command.endsWith('\\') && last.output.length === 0) last.command += `\n${text}`;
    else if (code !== undefined && last !== undefined) last.code = Number(code);
    else last?.output.push(text);
  }
  return steps;
}

/**
 * Does what a page says.
 *
 * @param {string} page for messages
 * @param {readonly SessionStep[]} steps
 * @param {object} where
 * @param {string} where.cwd an existing folder, which is changed
 * @param {Record<string, string>} where.env
 * @param {(command: string) => string} [where.translate] what is run in place of a command
 * @returns {Promise<string[]>} what is wrong; the rest of a page is not done after that
 */
export async function play(page, steps, { cwd, env, translate = (command) => command }) {
  for (const step of steps) {
    if (step.kind === 'file') {
      const path = join(cwd, step.path);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, step.text);
      continue;
    }
    const script = `set -o pipefail\n${translate(step.command)}`;
    const { code, output } = await run(['bash', '-c', script], { cwd, env, timeoutMs: 180_000 });
    const at = `${page}:${step.line}: ${step.command}`;
    if (code !== step.code) return [`${at}\nends with code ${code}, not ${step.code}:\n${output}`];
    if (step.output.length > 0 && !matches(step.output, output)) {
      return [`${at}\nprints:\n${output}\nand not:\n${step.output.join('\n')}`];
    }
  }
  return [];
}

/**
 * @param {readonly string[]} expected
 * @param {string} output
 */
function matches(expected, output) {
  const pattern = expected
    .map((line) =>
      line.trim() === '…' ? '(?:[^\\n]*\\n)*?' : `${line.split('…').map(escape).join('[^\\n]*')}[ \\t]*\\n`,
    )
    .join('');
  return new RegExp(`^${pattern}$`).test(`${output.trimEnd()}\n`);
}

/** @param {string} text */
function escape(text) {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
