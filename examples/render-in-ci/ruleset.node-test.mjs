// The same with Node's own test runner, by the command instead of the library.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const nftproxier = join(folder, '../node_modules/.bin/nftproxier');
const reviewed = join(folder, 'command.nft');

test('the ruleset of node-a is the one that was reviewed', () => {
  const options = ['--manifests', join(folder, 'manifests'), '--hostname-override', 'node-a'];
  const rendered = execFileSync(nftproxier, ['render', ...options], { encoding: 'utf8', stdio: 'pipe' });
  if (process.env.UPDATE === '1') writeFileSync(reviewed, rendered);
  assert.equal(rendered, readFileSync(reviewed, 'utf8'), 'review the change, then run again with UPDATE=1');
});
