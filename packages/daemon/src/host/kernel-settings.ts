import type { Configuration } from '../config/index.js';
import type { ReadFile } from './families.js';

/** One setting of the kernel, as a file and the number it should hold. */
export interface KernelSetting {
  readonly path: string;
  readonly value: number;
  /** True if a larger number is left alone. */
  readonly atLeast: boolean;
  /** The field of the configuration it comes from. */
  readonly field: string;
}

/** Connections tracked at most, however many CPUs there are: kube-proxy's own bound. */
const mostConnections = 1_048_576;

const netfilter = '/proc/sys/net/netfilter';
const hashsize = '/sys/module/nf_conntrack/parameters/hashsize';

/**
 * The settings of connection tracking that a configuration asks for. `maxPerCore` times the CPUs is bounded by
 * 1048576, then raised to `min`; the hash table gets a quarter of it.
 */
export const conntrackSettings = (conntrack: Configuration['conntrack'], cpus: number): readonly KernelSetting[] => {
  const exact = (name: string, value: number, field: string): KernelSetting => ({
    path: `${netfilter}/${name}`,
    value,
    atLeast: false,
    field: `conntrack.${field}`,
  });
  const timeout = (
    name: string,
    field: 'tcpEstablishedTimeout' | 'tcpCloseWaitTimeout' | 'udpTimeout' | 'udpStreamTimeout',
  ) => (conntrack[field] > 0 ? [exact(name, Math.floor(conntrack[field] / 1000), field)] : []);
  const max = Math.max(Math.min(conntrack.maxPerCore * cpus, mostConnections), conntrack.min);
  return [
    ...(conntrack.maxPerCore > 0
      ? [
          exact('nf_conntrack_max', max, 'maxPerCore'),
          { path: hashsize, value: Math.floor(max / 4), atLeast: true, field: 'conntrack.maxPerCore' },
        ]
      : []),
    ...timeout('nf_conntrack_tcp_timeout_established', 'tcpEstablishedTimeout'),
    ...timeout('nf_conntrack_tcp_timeout_close_wait', 'tcpCloseWaitTimeout'),
    ...(conntrack.tcpBeLiberal ? [exact('nf_conntrack_tcp_be_liberal', 1, 'tcpBeLiberal')] : []),
    ...timeout('nf_conntrack_udp_timeout', 'udpTimeout'),
    ...timeout('nf_conntrack_udp_timeout_stream', 'udpStreamTimeout'),
  ];
};

/** How readily the kernel kills this process when memory runs out. */
export const oomSetting = (oomScoreAdj: number): KernelSetting => ({
  path: '/proc/self/oom_score_adj',
  value: oomScoreAdj,
  atLeast: false,
  field: 'oomScoreAdj',
});

/** A setting that could not be made. */
class KernelSettingError extends Error {
  override readonly name = 'KernelSettingError';
  readonly code = 'KERNEL_SETTING_FAILED';
  readonly setting: KernelSetting;
  /**
   * Whether the daemon should refuse to start, as kube-proxy does. Not for the hash table, whose size only costs speed
   * (container engines mount /sys read-only), and not for the score of the process.
   */
  readonly fatal: boolean;

  constructor(setting: KernelSetting, cause: unknown) {
    super(`cannot set ${setting.path} to ${String(setting.value)}: ${reason(cause)}. ${remedy(setting, cause)}`, {
      cause,
    });
    this.setting = setting;
    this.fatal = setting.path !== hashsize && setting.field !== 'oomScoreAdj';
  }
}

/** The files of the kernel. */
export interface KernelFiles {
  readonly readFile: ReadFile;
  readonly writeFile: (path: string, text: string) => void;
}

/** What became of a list of settings. */
export interface Applied {
  /** The settings that were written; the others already held. */
  readonly changed: readonly KernelSetting[];
  readonly errors: readonly KernelSettingError[];
}

/** Writes the settings that do not hold yet. One that fails does not keep the others from being tried. */
export const applyKernelSettings = (
  settings: readonly KernelSetting[],
  { readFile, writeFile }: KernelFiles,
): Applied => {
  const changed: KernelSetting[] = [];
  const errors: KernelSettingError[] = [];
  for (const setting of settings) {
    try {
      const text = readFile(setting.path).trim();
      const present = text === '' ? Number.NaN : Number(text);
      if (present === setting.value || (setting.atLeast && present > setting.value)) continue;
      writeFile(setting.path, String(setting.value));
      changed.push(setting);
    } catch (error) {
      errors.push(new KernelSettingError(setting, error));
    }
  }
  return { changed, errors };
};

const codeOf = (cause: unknown): string =>
  typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : '';

const reason = (cause: unknown): string => codeOf(cause) || (cause instanceof Error ? cause.message : String(cause));

const remedy = ({ field, path }: KernelSetting, cause: unknown): string => {
  if (field === 'oomScoreAdj') return 'Lowering it needs the capability SYS_RESOURCE; the process runs without it.';
  if (codeOf(cause) === 'ENOENT') return 'Load the kernel module nf_conntrack on the host (modprobe nf_conntrack).';
  const leave =
    field === 'conntrack.maxPerCore' || field.endsWith('Timeout') ? `set ${field} to 0` : `set ${field} to false`;
  const where = path.startsWith('/sys')
    ? 'mount /sys writable'
    : 'run `nftproxier run --init-only` in a privileged init container, or set it on the host';
  return `Either ${where}, or ${leave} to leave the kernel's value alone; a container without its host's network cannot change it at all.`;
};
