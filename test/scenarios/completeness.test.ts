import { describe, expect, test } from 'vitest';
import { loadScenario, loadScenarios, scenarioFiles, scenarioFolder } from './load.js';
import { checklist, rows, type RowId } from './rows.js';

test('there are at least 80 scenarios', () => {
  expect(scenarioFiles().length).toBeGreaterThanOrEqual(80);
});

test.each(scenarioFiles())('%s can be read', (file) => {
  const scenario = loadScenario(scenarioFolder, file);
  expect(scenario.steps.length).toBeGreaterThan(0);
});

test('no two scenarios have one title', () => {
  const titles = loadScenarios().map(({ title }) => title);
  expect(titles.filter((title, index) => titles.indexOf(title) !== index)).toEqual([]);
});

describe('every behaviour has a scenario that proves it', () => {
  const covered = new Map<RowId, string[]>();
  for (const { covers, file } of loadScenarios()) {
    for (const row of covers) covered.set(row, [...(covered.get(row) ?? []), file]);
  }
  test.each(Object.keys(rows) as RowId[])('%s', (row) => {
    expect(covered.get(row) ?? [], `no scenario covers: ${rows[row]}`).not.toEqual([]);
  });
  test.each(Object.entries(checklist))('checklist: %s', (_, needed) => {
    expect(needed.filter((row) => !covered.has(row))).toEqual([]);
  });
});

test('a scenario that a run leaves out says why', () => {
  const skipped = loadScenarios().filter(({ runs }) => runs.kernel !== true);
  expect(skipped.map(({ file }) => file)).toEqual([]);
});
