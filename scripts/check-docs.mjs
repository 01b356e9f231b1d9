// The documentation holds: links lead somewhere, snippets compile and run, commands print what is shown, every public
// export is described, and nothing names the machine it was written on. Needs a build.
import process from 'node:process';
import { brokenCommands } from './docs/commands.mjs';
import { missingDocstrings } from './docs/docstrings.mjs';
import { brokenLinks } from './docs/links.mjs';
import { brokenSnippets } from './docs/snippets.mjs';
import { traces } from './docs/traces.mjs';

const problems = (
  await Promise.all([brokenLinks(), brokenSnippets(), brokenCommands(), missingDocstrings(), traces()])
).flat();
for (const problem of problems) process.stdout.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
