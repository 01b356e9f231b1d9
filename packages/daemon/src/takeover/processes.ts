import { basename } from 'node:path';

/** What is read of `/proc`. Each rejects where there is nothing, or nothing that this process may see. */
export interface ProcFiles {
  readonly readdir: (path: string) => Promise<readonly string[]>;
  readonly readFile: (path: string) => Promise<string>;
  readonly readlink: (path: string) => Promise<string>;
}

const name = 'kube-proxy';

/**
 * The processes of kube-proxy that share this process's network, as far as `/proc` shows them: from within a container
 * that is its own processes only, unless the pod has `hostPID`.
 *
 * nftproxier started under the name `kube-proxy` is not one: its process is Node's.
 */
export async function kubeProxyProcesses(proc: ProcFiles): Promise<readonly number[]> {
  const entries = await proc.readdir('/proc').catch(() => []);
  const found: number[] = [];
  for (const entry of entries) {
    if (/^\d+$/u.test(entry) && (await isKubeProxy(proc, `/proc/${entry}`))) found.push(Number(entry));
  }
  return found;
}

async function isKubeProxy(proc: ProcFiles, folder: string): Promise<boolean> {
  // A process may end while it is looked at.
  const read = (file: string): Promise<string> => proc.readFile(`${folder}/${file}`).catch(() => '');
  if ((await read('comm')).trim() !== name) return false;
  const [program = ''] = (await read('cmdline')).split('\0', 1);
  return basename(program) === name && (await sharesNetwork(proc, folder));
}

/** Where it may not be known, it is taken to be so: to leave a running kube-proxy's rules alone does the smaller harm. */
async function sharesNetwork(proc: ProcFiles, folder: string): Promise<boolean> {
  const network = (of: string): Promise<string | undefined> => proc.readlink(`${of}/ns/net`).catch(() => undefined);
  const [own, other] = [await network('/proc/self'), await network(folder)];
  return own === undefined || other === undefined || own === other;
}
