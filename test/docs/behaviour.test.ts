import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { loadScenarios } from '../scenarios/load.js';
import { rows } from '../scenarios/rows.js';
import { behaviourTables, topicOf, topics, withTables } from './behaviour.js';

const page = fileURLToPath(new URL('../../docs/behaviour.md', import.meta.url));

test('docs/behaviour.md names every behaviour with its scenarios (vitest -u writes it anew)', async () => {
  const fresh = withTables(readFileSync(page, 'utf8'), behaviourTables(loadScenarios()));
  await expect(fresh).toMatchFileSnapshot(page);
});

test('every row has a topic, and every topic has rows', () => {
  const numbers = new Set(Object.keys(rows).map(topicOf));
  expect([...numbers].sort()).toEqual(topics.map(({ number }) => number).sort());
});

test('a page without a place for the tables is refused', () => {
  expect(() => withTables('# Behaviour\n', 'tables')).toThrow('docs/behaviour.md must have the lines');
});
