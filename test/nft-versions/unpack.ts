import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

/** An nft that was unpacked from another Debian suite, with its own libraries. */
export interface UnpackedNft {
  readonly suite: string;
  /** The words that start it. */
  readonly command: readonly string[];
}

/** nft with every library it loads, the C library and its loader included: nothing of the host's own is used. */
const packages = [
  'nftables',
  'libnftables1',
  'libnftnl11',
  'libmnl0',
  'libjansson4',
  'libgmp10',
  'libedit2',
  'libbsd0',
  'libmd0',
  'libtinfo6',
  'libxtables12',
  'libc6',
];

const cache = fileURLToPath(new URL('../../node_modules/.cache/nft-versions/', import.meta.url));

/**
 * The nft of a Debian suite, unpacked beside the host's own and not installed. The archive's address is that of this
 * machine's own apt configuration. What was unpacked before is used again.
 */
export async function unpackNft(suite: string): Promise<UnpackedNft> {
  const root = join(cache, suite);
  if (!existsSync(root)) await unpack(suite, root);
  const { stdout } = await execa('find', [root, '-name', 'ld-linux*.so.*', '-not', '-type', 'l']);
  const { stdout: libraries } = await execa('find', [root, '-name', 'libnftables.so.1']);
  const loader = firstLine(stdout);
  const folder = firstLine(libraries).replace(/\/[^/]*$/, '');
  const libc = loader.replace(/\/[^/]*$/, '');
  return { suite, command: [loader, '--library-path', `${folder}:${libc}`, join(root, 'usr/sbin/nft')] };
}

async function unpack(suite: string, root: string): Promise<void> {
  const work = join(cache, `${suite}.partial`);
  await rm(work, { recursive: true, force: true });
  for (const folder of ['lists/partial', 'cache/archives/partial', 'root']) {
    await mkdir(join(work, folder), { recursive: true });
  }
  const sources = join(work, 'sources.list');
  await writeFile(sources, `deb ${await archive()} ${suite} main\n`);
  const options = [
    `Dir::Etc::sourcelist=${sources}`,
    'Dir::Etc::sourceparts=/dev/null',
    `Dir::State::lists=${join(work, 'lists')}`,
    `Dir::Cache=${join(work, 'cache')}`,
    'Dir::State::status=/dev/null',
    'APT::Sandbox::User=root',
  ].flatMap((option) => ['-o', option]);
  await execa('apt-get', [...options, 'update'], { timeout: 300_000 });
  await execa('apt-get', [...options, 'download', ...packages], { cwd: work, timeout: 300_000 });
  for (const file of await readdir(work)) {
    if (file.endsWith('.deb')) await execa('dpkg-deb', ['-x', join(work, file), join(work, 'root')]);
  }
  await rename(join(work, 'root'), root);
  await rm(work, { recursive: true });
}

/** `[signed-by=…] ADDRESS` of the first Debian archive that this machine's apt knows; its security archive is another. */
async function archive(): Promise<string> {
  const format = '$(REPO_URI) $(LABEL)';
  const { stdout } = await execa('apt-get', ['indextargets', '--format', format, 'Created-By: Packages']);
  const found = stdout.split('\n').find((line) => line.endsWith(' Debian'));
  if (found === undefined) {
    throw new Error('apt knows no Debian archive: run apt-get update, or skip the tests of other nft versions by name');
  }
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
  return `${existsSync(keyring) ? `[signed-by=${keyring}] ` : ''}${found.split(' ')[0] ?? ''}`;
}

function firstLine(text: string): string {
  const [line = ''] = text.split('\n');
  if (line === '') throw new Error('the unpacked packages do not hold what they should');
  return line;
}
