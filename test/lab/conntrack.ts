import type { NetworkNamespace } from './namespace.js';

/** Connection tracking of one namespace, through the `conntrack` tool. */
export interface Conntrack {
  /** The flows, a line each, as `conntrack -L` prints them. `filter` is appended, like `['-p', 'udp']`. */
  list(filter?: readonly string[]): Promise<readonly string[]>;
  /** Forgets every flow. */
  flush(): Promise<void>;
}

/** The connection tracking of a namespace. */
export function conntrackOf(namespace: NetworkNamespace): Conntrack {
  return {
    list: async (filter = []) => {
      const { stdout } = await namespace.exec(['conntrack', '-L', ...filter]);
      return stdout.split('\n').filter(Boolean);
    },
    flush: async () => {
      await namespace.exec(['conntrack', '-F']);
    },
  };
}
