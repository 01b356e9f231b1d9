import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/** Unpacks Debian packages into a folder without installing them. `work` is an empty directory for what is downloaded. */
export async function unpackPackages(packages: readonly string[], work: string, into: string): Promise<void> {
  const download = ['-o', 'APT::Sandbox::User=root', 'download', ...packages];
  await execa('apt-get', download, { cwd: work, timeout: 300_000 }).catch(async () => {
    await execa('apt-get', ['update'], { timeout: 300_000 });
    await execa('apt-get', download, { cwd: work, timeout: 300_000 });
  });
  for (const file of await readdir(work)) {
    if (file.endsWith('.deb')) await execa('dpkg-deb', ['-x', join(work, file), into]);
  }
}
