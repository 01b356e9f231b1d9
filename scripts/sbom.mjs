// Writes the bill of materials of each package to packages/NAME/sbom.cdx.json, where it is packed with it.
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { ROOT } from './bootstrap/root.mjs';
import { billOf, problemOf } from './sbom/bom.mjs';

for (const name of await readdir(join(ROOT, 'packages'))) {
  const file = join(ROOT, 'packages', name, 'sbom.cdx.json');
  const bill = await billOf(name);
  const problem = await problemOf(bill);
  if (problem !== undefined) throw new Error(`the bill of materials of ${name} is not CycloneDX: ${problem}`);
  await writeFile(file, bill);
  process.stdout.write(`written: ${file}\n`);
}
