import type { Family } from './addresses.js';
import type { NetworkNamespace } from './namespace.js';
import type { LinkPlan, MachinePlan } from './topology.js';

/** Reads `KEY VALUE` lines; a leading `-` allows a kernel that lacks the setting, or lends it to the host only. */
const writeSettings = `while read -r key value; do
  case "$key" in
    -*) { echo "$value" >"/proc/sys/\${key#-}"; } 2>/dev/null ;;
    *) echo "$value" >"/proc/sys/$key" || exit 1 ;;
  esac
done; true`;

/**
 * Writes a machine's kernel settings. Before any link leads into the namespace: an interface takes its settings when it
 * appears there.
 */
export async function applySettings(namespace: NetworkNamespace, plan: MachinePlan): Promise<void> {
  const input = plan.settings.map(([key, value]) => `${key} ${value}\n`).join('');
  await namespace.exec(['sh', '-c', writeSettings], { input });
  await batch(namespace, '-4', ['link set lo up']);
}

/** Makes a machine's links, then the addresses and routes of the families in use. */
export async function applyLinks(
  namespace: NetworkNamespace,
  plan: LinkPlan,
  families: readonly Family[],
): Promise<void> {
  await batch(namespace, '-4', plan.links);
  for (const family of families) await batch(namespace, family === 'IPv4' ? '-4' : '-6', plan.routes[family]);
}

async function batch(namespace: NetworkNamespace, family: '-4' | '-6', lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return;
  await namespace.exec(['ip', family, '-batch', '-'], { input: `${lines.join('\n')}\n` });
}
