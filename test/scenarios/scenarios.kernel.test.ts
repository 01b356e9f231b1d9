import { afterAll, describe, expect, it } from 'vitest';
import { startProxy } from '../proxy/kernel.js';
import { runOnKernel } from './kernel.js';
import { openLabs } from './labs.js';
import { loadScenario, scenarioFiles, scenarioFolder } from './load.js';

const labs = openLabs();
afterAll(() => labs.close());

describe('scenarios with real packets', () => {
  for (const file of scenarioFiles()) {
    const scenario = loadScenario(scenarioFolder, file);
    const { kernel } = scenario.runs;
    if (kernel !== true) {
      it.skip(`${scenario.file}: ${scenario.title} (${kernel.skip})`, () => undefined);
      continue;
    }
    it(`${scenario.file}: ${scenario.title}`, async () => {
      const lab = await labs.labFor(scenario);
      const failures = await runOnKernel(scenario, lab, startProxy);
      expect(failures).toEqual([]);
    });
  }
});
