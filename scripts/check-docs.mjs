// The documentation holds: links lead somewhere, snippets compile, every public export is described, and nothing names
// the machine it was written on.
import process from 'node:process';
import { missingDocstrings } from './docs/docstrings.mjs';
import { brokenLinks } from './docs/links.mjs';
import { brokenSnippets } from './docs/snippets.mjs';
import { traces } from './docs/traces.mjs';

const problems = (await Promise.all([brokenLinks(), brokenSnippets(), missingDocstrings(), traces()])).flat();
for (const problem of problems) process.stdout.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
