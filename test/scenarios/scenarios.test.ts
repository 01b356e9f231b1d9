import { describe, expect, it } from 'vitest';
import { startTracedProxy } from '../proxy/tracer.js';
import { loadScenarios } from './load.js';
import { runOnTracer } from './tracing.js';

describe('scenarios on the tracer', () => {
  for (const scenario of loadScenarios()) {
    const { tracer } = scenario.runs;
    if (tracer !== true) {
      it.skip(`${scenario.file}: ${scenario.title} (${tracer.skip})`, () => undefined);
      continue;
    }
    it(`${scenario.file}: ${scenario.title}`, async () => {
      expect(await runOnTracer(scenario, startTracedProxy)).toEqual([]);
    });
  }
});
