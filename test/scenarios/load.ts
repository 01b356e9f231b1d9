import { readdirSync, readFileSync } from 'node:fs';
import { LineCounter, parseDocument, type Document } from 'yaml';
import { LabError } from '../lab/index.js';
import type { Runs, Scenario, Step } from './format.js';
import { readPackets, ScenarioSyntaxError } from './packets.js';
import { isRowId, type RowId } from './rows.js';
import { scenarioSchema, type ScenarioSource, type StepSource } from './schema.js';
import { changed, emptyWorld, type WrittenWorld } from './world.js';

/** A scenario file that cannot be used: which file, which line where known, and which field. */
class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
  readonly code = 'ScenarioInvalid';
}

/** The folder that holds the scenarios. */
export const scenarioFolder = new URL('./', import.meta.url);

/** The scenario files below a folder, as paths from there, sorted. */
export function scenarioFiles(folder: URL = scenarioFolder): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yaml'))
    .sort();
}

/** Every scenario below a folder. @throws ScenarioError for the first that cannot be used. */
export function loadScenarios(folder: URL = scenarioFolder): Scenario[] {
  return scenarioFiles(folder).map((file) => loadScenario(folder, file));
}

/** Reads a scenario file. @throws ScenarioError */
export function loadScenario(folder: URL, file: string): Scenario {
  return readScenario(file, readFileSync(new URL(file, folder), 'utf8'));
}

/** Reads the text of a scenario. @throws ScenarioError */
export function readScenario(file: string, text: string): Scenario {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true });
  const [fault] = document.errors;
  if (fault !== undefined) throw new ScenarioError(`${file}: ${fault.message}`);
  const parsed = scenarioSchema.safeParse(document.toJS());
  if (parsed.success) return scenarioOf(file, parsed.data);
  const faults = parsed.error.issues.map(
    ({ path, message }) => `${lineOf(document, lines, path)}${name(path)}: ${message}`,
  );
  throw new ScenarioError(`${file}: ${faults.join('; ')}`);
}

function scenarioOf(file: string, source: ScenarioSource): Scenario {
  const { title, covers, steps: written = [], packets, ...rest } = source;
  try {
    const first = packets === undefined ? [] : [{ packets }];
    const steps = [...first, ...written].reduce<{ steps: Step[]; world: WrittenWorld }>(
      (before, step, index) => {
        const world = changed(before.world, step as StepSource);
        return { world, steps: [...before.steps, stepOf(step, world, index)] };
      },
      { steps: [], world: changed(emptyWorld, rest) },
    );
    const { neighbours } = source;
    return { file, title, covers: covers.map(rowId), runs: runsOf(source), neighbours, steps: steps.steps };
  } catch (error) {
    if (!(error instanceof ScenarioSyntaxError || error instanceof LabError)) throw error;
    throw new ScenarioError(`${file}: ${error.message}`, { cause: error });
  }
}

function stepOf(source: StepSource, { node, objects }: WrittenWorld, index: number): Step {
  return {
    title: source.title ?? `step ${index + 1}`,
    world: { node, objects },
    restart: source.restart === true,
    waitSeconds: source.wait ?? 0,
    packets: source.packets.flatMap((packet, number) => readPackets(packet, `${index}.${number}`)),
  };
}

function runsOf({ skip }: ScenarioSource): Runs {
  const run = (reason: string | undefined) => (reason === undefined ? true : { skip: reason });
  return { tracer: run(skip?.tracer), kernel: run(skip?.kernel) };
}

function rowId(id: string): RowId {
  if (!isRowId(id)) throw new ScenarioSyntaxError(`covers: ${id} is not in rows.ts`);
  return id;
}

function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): string {
  for (let end = path.length; end > 0; end--) {
    const node = document.getIn(path.slice(0, end), true);
    const range = typeof node === 'object' && node !== null && 'range' in node ? (node.range as number[]) : undefined;
    if (range?.[0] !== undefined) return `line ${lines.linePos(range[0]).line}: `;
  }
  return '';
}

function name(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}
