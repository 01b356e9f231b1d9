/** How full the connection-tracking table of the kernel is. */
export interface ConntrackUse {
  readonly entries: number;
  readonly limit: number;
}

const folder = '/proc/sys/net/netfilter';

/** Reads how full the table is; undefined where the kernel does not say (its module is not loaded). */
export const conntrackUse = (readFile: (path: string) => string): ConntrackUse | undefined => {
  try {
    const [entries, limit] = ['nf_conntrack_count', 'nf_conntrack_max'].map((name) =>
      Number(readFile(`${folder}/${name}`)),
    );
    return entries !== undefined && limit !== undefined && entries >= 0 && limit >= 0 ? { entries, limit } : undefined;
  } catch {
    return undefined;
  }
};
