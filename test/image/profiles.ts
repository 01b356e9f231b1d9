import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unpackPackages } from './packages.js';
import { profileFor } from './seccomp.js';
import type { EngineProfile, Seccomp } from './seccomp.js';

const cache = fileURLToPath(new URL('../../node_modules/.cache/nftproxier/seccomp', import.meta.url));

/** What `RuntimeDefault` means to an engine: where Debian has it, and who uses it. */
const shipped = {
  'CRI-O': { debian: 'golang-github-containers-common', file: 'usr/share/containers/seccomp.json' },
  // containerd's is the same list as program text.
  'containerd and Docker': {
    debian: 'golang-github-docker-docker-dev',
    file: 'usr/share/gocode/src/github.com/docker/docker/profiles/seccomp/default.json',
  },
} as const;

/** An engine whose profile a test can use. */
export type Engine = keyof typeof shipped;

/** What an engine makes of `RuntimeDefault` for a container with some capabilities. */
export async function runtimeDefault(engine: Engine, capabilities: readonly string[]): Promise<Seccomp> {
  const { debian, file } = shipped[engine];
  const folder = join(cache, debian);
  if (!existsSync(folder)) await unpack(debian, folder);
  const profile = JSON.parse(readFileSync(join(folder, file), 'utf8')) as EngineProfile;
  return profileFor(profile, { capabilities, arch: process.arch === 'arm64' ? 'arm64' : 'amd64' });
}

/** The profile that comes with the daemon. */
export function ownProfile(): Seccomp {
  const file = fileURLToPath(new URL('../../deploy/seccomp/nftproxier.json', import.meta.url));
  return JSON.parse(readFileSync(file, 'utf8')) as Seccomp;
}

/** The files of a Debian package, which is not installed. */
async function unpack(debian: string, folder: string): Promise<void> {
  const work = `${folder}.partial`;
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  await unpackPackages([debian], work, join(work, 'files'));
  await rename(join(work, 'files'), folder);
  await rm(work, { recursive: true });
}
