import { afterAll, describe, expect, it } from 'vitest';
import { startProxy } from '../proxy/kernel.js';
import { runOnKernel } from './kernel.js';
import { openLabs } from './labs.js';
import { loadScenario, scenarioFiles, scenarioFolder } from './load.js';
import type { Scenario } from './format.js';

const labs = openLabs();
afterAll(() => labs.close());

describe('scenarios with real packets', () => {
  for (const file of scenarioFiles()) {
    let scenario: Scenario;
    try {
      scenario = loadScenario(scenarioFolder, file);
    } catch (error) {
      it(file, () => {
        throw error;
      });
      continue;
    }
    const { kernel } = scenario.runs;
    if (kernel !== true) {
      it.skip(`${file}: ${scenario.title} (${kernel.skip})`, () => undefined);
      continue;
    }
    it(`${file}: ${scenario.title}`, async () => {
      const lab = await labs.labFor(scenario);
      expect(await runOnKernel(scenario, lab, startProxy)).toEqual([]);
    });
  }
});
