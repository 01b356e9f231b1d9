import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checklist } from './checklist.js';

const root = new URL('../../', import.meta.url);

describe('the checklist of what packets cannot show', () => {
  for (const [item, tests] of Object.entries(checklist)) {
    it(`${item}: has its tests`, () => {
      expect(tests.length).toBeGreaterThan(0);
      expect(tests.filter((test) => !existsSync(new URL(test, root)))).toEqual([]);
    });
  }
});
