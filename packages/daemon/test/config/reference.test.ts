import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { describe, expect, test } from 'vitest';
import { configReference, fields, flags, flagsReference } from '../../src/config/index.js';

const page = (name: string): string => fileURLToPath(new URL(`../../../../docs/reference/${name}.md`, import.meta.url));
const formatted = (text: string): Promise<string> => format(text, { parser: 'markdown', printWidth: 120 });

describe('the reference pages are fresh (vitest -u writes them anew)', () => {
  test('config.md', async () => {
    await expect(await formatted(configReference())).toMatchFileSnapshot(page('config'));
  });
  test('flags.md', async () => {
    await expect(await formatted(flagsReference())).toMatchFileSnapshot(page('flags'));
  });
});

test('every field and every flag is on its page', () => {
  expect(fields.filter(({ name }) => !configReference().includes(`| \`${name}\` |`))).toEqual([]);
  expect(flags.filter(({ name }) => !flagsReference().includes(`| \`--${name}\``))).toEqual([]);
});
