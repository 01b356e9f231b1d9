// Makes the root filesystem of the image, without the daemon itself: the programs that deploy/image/contents.json names,
// the libraries that they load, and nothing else.
//
//   node scripts/image/assemble.mjs FROM TO
//
// FROM is a folder that the Debian packages of the list were installed or unpacked in, with Node; TO must not exist.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {object} Contents
 * @property {readonly string[]} packages of Debian, with all that they need
 * @property {readonly string[]} programs
 * @property {readonly string[]} files that programs read
 * @property {readonly string[]} commands names under which the daemon is started
 * @property {readonly string[]} folders that a container's engine mounts something on
 */

const [source, destination] = process.argv.slice(2);
if (source === undefined || destination === undefined || existsSync(destination)) {
  process.stderr.write('usage: node assemble.mjs FROM TO, where TO does not exist\n');
  process.exit(2);
}

const [from, to] = [resolve(source), resolve(destination)];
const list = fileURLToPath(new URL('../../deploy/image/contents.json', import.meta.url));
const contents = /** @type {Contents} */ (JSON.parse(readFileSync(list, 'utf8')));
const libraries = libraryFolders();
const loader = findLoader();

for (const folder of contents.folders) mkdirSync(join(to, folder), { recursive: true });
for (const file of contents.files) copy(inSource(file), file);
for (const name of contents.packages) {
  const licence = `/usr/share/doc/${name}/copyright`;
  if (existsSync(join(from, licence))) copy(inSource(licence), licence);
}
for (const program of contents.programs) {
  copy(inSource(program), program);
  for (const library of librariesOf(inSource(program))) copy(library, `/lib/${basename(library)}`);
}
// Where the kernel looks for it: the path is part of every program.
copy(loader, `${loader.includes('aarch64') ? '/lib' : '/lib64'}/${basename(loader)}`);
for (const command of contents.commands) {
  write(command, "#!/usr/local/bin/node\nimport('/app/dist/main.js');\n");
  chmodSync(join(to, command), 0o755);
}
// So that a user id has a name, for whoever asks.
write('/etc/passwd', 'root:x:0:0:root:/:/\nnonroot:x:65532:65532:nonroot:/:/\n');
write('/etc/group', 'root:x:0:\nnonroot:x:65532:\n');

/** @param {string} path absolute, in the image */
function inSource(path) {
  // Debian's folders /bin, /sbin and /lib are links to those in /usr, but not where packages were only unpacked.
  const candidates = [path, path.replace(/^\/usr/u, ''), `/usr${path}`].map((candidate) => join(from, candidate));
  const found = candidates.find((candidate) => existsSync(candidate));
  if (found === undefined) throw new Error(`${path} is in none of the packages of ${list}`);
  return found;
}

/**
 * @param {string} file
 * @param {string} path absolute, in the image
 */
function copy(file, path) {
  const target = join(to, path);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(file, target);
  chmodSync(target, lstatSync(target).mode & 0o111 ? 0o755 : 0o644);
}

/**
 * @param {string} path absolute, in the image
 * @param {string} text
 */
function write(path, text) {
  const target = join(to, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, text);
}

function libraryFolders() {
  return ['/lib', '/usr/lib']
    .flatMap((folder) => ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map((machine) => join(from, folder, machine)))
    .filter((folder) => existsSync(folder));
}

function findLoader() {
  for (const folder of libraries) {
    const name = readdirSync(folder).find((file) => /^ld-linux-(?:x86-64|aarch64)\.so\.\d$/u.test(file));
    if (name !== undefined) return realpathSync(join(folder, name));
  }
  throw new Error(`no loader of programs in ${libraries.join(' or ')}`);
}

/**
 * The libraries that a program loads, with those that they load, as the loader itself finds them.
 *
 * @param {string} program
 */
function librariesOf(program) {
  const args = ['--library-path', libraries.join(':'), '--list', program];
  const lines = execFileSync(loader, args, { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    if (line.includes(basename(loader))) return [];
    if (line.includes('=> not found')) throw new Error(`${program} needs a library that no package brings:${line}`);
    return /=> (\/\S+) \(/u.exec(line)?.[1] ?? [];
  });
}
