import { cp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';

/**
 * The manifests that the daemon serves: a copy of examples/shop that the demo changes.
 *
 * @param {string} source
 * @param {string} folder
 */
export async function openShop(source, folder) {
  await cp(source, folder, { recursive: true, filter: (path) => !path.endsWith('.md') });
  return {
    folder,

    /** Servers for all endpoints there are. */
    async listeners() {
      const files = await readdir(folder);
      const objects = await Promise.all(files.map((file) => read(join(folder, file))));
      return objects.flat().flatMap(endpointsOf);
    },

    /**
     * Changes the objects of a file, which takes its new text at once.
     *
     * @param {string} file
     * @param {(objects: any[]) => void} change
     */
    async edit(file, change) {
      const objects = await read(join(folder, file));
      change(objects);
      // Under a name that is no manifest's, until it is complete.
      const incomplete = join(folder, `.${file}.incomplete`);
      await writeFile(incomplete, objects.map((object) => stringify(object)).join('---\n'));
      await rename(incomplete, join(folder, file));
    },

    /** @param {string} file */
    async remove(file) {
      await rm(join(folder, file));
    },
  };
}

/**
 * @param {string} path
 * @returns {Promise<any[]>}
 */
async function read(path) {
  return parseAllDocuments(await readFile(path, 'utf8')).map((document) => document.toJS());
}

/**
 * @param {any} object
 * @returns {{ address: string, port: number, protocol: 'TCP' | 'UDP' }[]}
 */
function endpointsOf({ kind, endpoints, ports }) {
  if (kind !== 'EndpointSlice') return [];
  return endpoints.flatMap((/** @type {{ addresses: string[] }} */ { addresses: [address] }) =>
    ports.map((/** @type {{ port: number, protocol: 'TCP' | 'UDP' }} */ { port, protocol }) => ({
      address,
      port,
      protocol,
    })),
  );
}
