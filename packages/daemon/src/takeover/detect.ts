import { readFile, readdir, readlink } from 'node:fs/promises';
import { foreignTableExists } from '@nftproxier/nft';
import type { Nft } from '@nftproxier/nft';
import { kubeProxyTables } from './nft-tables.js';
import { answererAt, readConfigz } from './ports.js';
import type { ReadConfigz } from './ports.js';
import { kubeProxyProcesses } from './processes.js';
import type { ProcFiles } from './processes.js';

/** What shows that kube-proxy runs on this node, in words: `process 1234`. */
export type Sign = string;

/** Where signs are looked for. */
export interface DetectOptions {
  /** Addresses (`host:port`) at which kube-proxy would serve its metrics. */
  readonly metricsAddresses: readonly string[];
  readonly nft: Nft;
  readonly proc?: ProcFiles;
  readonly read?: ReadConfigz;
}

/** Looks for a kube-proxy that runs on this node. */
export interface Detector {
  /** Its processes, and servers that answer as it does. From within a container often only the servers can be seen. */
  readonly running: () => Promise<readonly Sign[]>;
  /** Its tables: whether or not it runs, and once they were removed a sign that it does. */
  readonly tables: () => Promise<readonly Sign[]>;
}

const procFiles: ProcFiles = { readdir, readlink, readFile: (path) => readFile(path, 'utf8') };

/** A {@link Detector} of this machine. */
export function createDetector(options: DetectOptions): Detector {
  const { metricsAddresses, nft, proc = procFiles, read = readConfigz } = options;
  return {
    async running() {
      const processes = (await kubeProxyProcesses(proc)).map((pid) => `process ${String(pid)}`);
      const servers: Sign[] = [];
      for (const address of new Set(metricsAddresses)) {
        if ((await answererAt(address, read)) === 'kube-proxy') servers.push(`metrics server at ${address}`);
      }
      return [...processes, ...servers];
    },
    async tables() {
      const signs: Sign[] = [];
      for (const table of kubeProxyTables) {
        if (await foreignTableExists(nft, table)) signs.push(`table ${table.family} ${table.name}`);
      }
      return signs;
    },
  };
}
