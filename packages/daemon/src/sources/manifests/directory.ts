import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { withPauses } from '@nftproxier/nft';
import type { Pause } from '@nftproxier/nft';
import type { Batch, Source } from '../source.js';
import { ManifestObjects, storing } from './objects.js';
import type { FileObjects, Repeated } from './objects.js';
import { ManifestError, parseKinds, parseManifest } from './parse.js';
import { podsOf } from './pods.js';
import type { KnownPod } from './pods.js';

/** Largest manifest read, in bytes. */
const mostBytes = 256 * 1024 * 1024;

/** Changes that come within this time are read together: editors and `cp` write in steps. */
const settleMilliseconds = 50;

/** Where no notice of changes comes (network file systems), they are found this late. */
const pollMilliseconds = 2_000;

/** What is worth telling a person about the directory. */
export interface ManifestEvents {
  /** A file cannot be used; what was last read of it stays in force. */
  onError(error: ManifestError): void;
  /** A file that could not be used can be again. */
  onRecovered(file: string): void;
  onRepeated(repeated: Repeated): void;
}

/** Reads all manifests of a directory once. Throws on the first file that cannot be used. */
export async function readManifests(directory: string): Promise<ManifestObjects> {
  const objects = new ManifestObjects();
  const changes = new Map<string, FileObjects>();
  for (const file of await listFiles(directory)) changes.set(file, await readObjects(directory, file));
  await withPauses(objects.updating(changes), undefined);
  return objects;
}

/** The pods that the manifests of a directory tell of. Throws on the first file that cannot be used. */
export async function readPods(directory: string): Promise<readonly KnownPod[]> {
  const files = await listFiles(directory);
  const texts = await Promise.all(files.map((file) => readFile(join(directory, file), 'utf8')));
  return podsOf(files.flatMap((file, index) => parseKinds(file, texts[index] ?? '', ['Pod', 'EndpointSlice'])));
}

/**
 * The directory as a source: `*.yaml`, `*.yml` and `*.json`, not those that begin with a dot. Files may come, go and
 * change at any time; one that cannot be read is reported, and what was last read of it stays in force.
 *
 * @param pause while many objects are read; without it they are read in one go.
 */
export function createManifestSource(directory: string, events: ManifestEvents, pause?: Pause): Source {
  const objects = new ManifestObjects();
  const versions = new Map<string, string>();
  const broken = new Set<string>();
  let watcher: FSWatcher | undefined;
  let timer: NodeJS.Timeout | undefined;
  let reading: Promise<void> = Promise.resolve();
  let stopped = false;
  const failures = { unusable: 0 };

  const scan = async (): Promise<readonly Batch[]> => {
    const { changes, errors } = await changedFiles(directory, versions, pause);
    failures.unusable += errors.length;
    for (const error of errors) if (addTo(broken, error.file)) events.onError(error);
    for (const file of changes.keys()) if (broken.delete(file)) events.onRecovered(file);
    const update = await withPauses(objects.updating(changes), pause);
    for (const repeated of update.repeated) events.onRepeated(repeated);
    return update.batches;
  };
  const schedule = (delay: number, onBatch: Parameters<Source['start']>[0]): void => {
    clearTimeout(timer);
    if (stopped) return;
    timer = setTimeout(() => {
      reading = scan().then(
        async (batches) => {
          for (const batch of batches) if (!stopped) await onBatch(batch);
          schedule(pollMilliseconds, onBatch);
        },
        (cause: unknown) => {
          failures.unusable += 1;
          events.onError(asManifestError(directory, cause));
          schedule(pollMilliseconds, onBatch);
        },
      );
    }, delay);
  };

  return {
    async start(onBatch) {
      await scan();
      for (const batch of objects.snapshot()) await onBatch(batch);
      watcher = watch(directory, { persistent: false }, () => {
        schedule(settleMilliseconds, onBatch);
      });
      watcher.on('error', () => watcher?.close());
      schedule(pollMilliseconds, onBatch);
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      watcher?.close();
      await reading;
    },
    status: () => [
      ...[...objects.counts].map(([kind, count]) => ({ kind, objects: count, staleSince: undefined, failures: {} })),
      { kind: 'Manifest', objects: versions.size, staleSince: undefined, failures },
    ],
  };
}

interface Changes {
  readonly changes: ReadonlyMap<string, FileObjects | undefined>;
  readonly errors: readonly ManifestError[];
}

/** Reads the files whose size or times changed. `versions` is brought up to date. */
async function changedFiles(
  directory: string,
  versions: Map<string, string>,
  pause: Pause | undefined,
): Promise<Changes> {
  const changes = new Map<string, FileObjects | undefined>();
  const errors: ManifestError[] = [];
  const files = await listFiles(directory);
  for (const gone of [...versions.keys()].filter((file) => !files.includes(file))) {
    versions.delete(gone);
    changes.set(gone, undefined);
  }
  for (const file of files) {
    const version = await versionOf(join(directory, file));
    if (version === undefined || versions.get(file) === version) continue;
    versions.set(file, version);
    try {
      changes.set(file, await readObjects(directory, file, pause));
    } catch (cause) {
      errors.push(asManifestError(file, cause));
    }
  }
  return { changes, errors };
}

async function listFiles(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory).catch((cause: unknown) => {
    throw new ManifestError(directory, undefined, `cannot be read: ${reasonOf(cause)}; --manifests names a directory`);
  });
  return names.filter((name) => /^[^.].*\.(ya?ml|json)$/.test(name)).sort();
}

async function versionOf(path: string): Promise<string | undefined> {
  const { ino, size, mtimeMs, ctimeMs } = await stat(path).catch(() => ({ ino: 0, size: -1, mtimeMs: 0, ctimeMs: 0 }));
  return size < 0 ? undefined : [ino, size, mtimeMs, ctimeMs].join(' ');
}

async function readObjects(directory: string, file: string, pause?: Pause): Promise<FileObjects> {
  const path = join(directory, file);
  try {
    const { size } = await stat(path);
    if (size > mostBytes) throw new ManifestError(file, undefined, `larger than ${String(mostBytes)} bytes; split it`);
    return await withPauses(storing(parseManifest(file, await readFile(path, 'utf8'))), pause);
  } catch (cause) {
    throw asManifestError(file, cause);
  }
}

function asManifestError(file: string, cause: unknown): ManifestError {
  return cause instanceof ManifestError
    ? cause
    : new ManifestError(file, undefined, `cannot be read: ${reasonOf(cause)}`);
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function addTo(set: Set<string>, value: string): boolean {
  const isNew = !set.has(value);
  set.add(value);
  return isNew;
}
