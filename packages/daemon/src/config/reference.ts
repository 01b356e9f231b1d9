import { featureGates } from './feature-gates.js';
import type { Field } from './field.js';
import { type Flag, flags } from './flags.js';
import { fields } from './schema.js';

const notice = '<!-- Generated from the schema of the configuration: edit that, not this page. -->';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');

const shown = (value: unknown): string => (value === undefined ? '' : `\`${JSON.stringify(value)}\``);

const reloads: Readonly<Record<string, string>> = { live: 'at once', restart: 'restart', none: '' };

const fieldRow = ({ name, kind, fallback, doc }: Field): readonly string[] => [
  `\`${name}\``,
  kind,
  shown(fallback),
  doc.tolerated === undefined ? doc.about : `${doc.about} **No effect**: ${doc.tolerated}.`,
  doc.rule ?? '',
  doc.flag === undefined ? '' : `\`--${doc.flag}\``,
  reloads[doc.reload] ?? '',
];

const section = (title: string, members: readonly Field[]): string =>
  `## ${title}\n\n${table(['Field', 'Kind', 'Default', 'Meaning', 'Must be', 'Flag', 'A change takes effect'], members.map(fieldRow))}`;

/** The reference page of the configuration file, as Markdown. */
export const configReference = (): string => {
  const own = fields.filter(({ path }) => path[0] === 'nftproxier');
  const used = fields.filter((field) => !own.includes(field) && field.doc.tolerated === undefined);
  const unused = fields.filter(({ doc }) => doc.tolerated !== undefined);
  return `${[
    notice,
    '# Configuration file',
    `nftproxier reads the same file as kube-proxy: \`KubeProxyConfiguration\`, \`apiVersion: kubeproxy.config.k8s.io/v1alpha1\`. A file written for kube-proxy, such as the one in kubeadm's ConfigMap, works unchanged.`,
    `A field that does not exist, or is given twice, is named in a warning and does not stop the start. A value that is not valid does, and all such values are reported together. Null means "not set"; so does a zero duration or an empty text where the default below is another value.`,
    `nftproxier always works in nftables mode. When \`mode\` says otherwise, the settings of that mode that mean the same here are kept where the \`nftables\` section has none of its own: \`masqueradeAll\` and \`masqueradeBit\` of \`iptables\`, and the two periods of \`iptables\` or \`ipvs\`.`,
    `The file is read again every 5 seconds. Changed fields marked "at once" are followed by the running process; for those marked "restart" the process ends with exit code 1 and its supervisor starts it anew, while the rules in the kernel stay. Contents that are not valid change nothing: the log, an Event at the Node and the metric \`nftproxier_configuration_last_reload_successful\` say so.`,
    section('Fields of KubeProxyConfiguration', used),
    section('Fields of nftproxier', own),
    section('Fields without effect', unused),
    `## Feature gates\n\nAny other name is ignored with a warning, because the gates of a cluster are often written for all of its components.\n\n${table(
      ['Gate', 'Default', 'Meaning'],
      featureGates.map((gate) => [
        `\`${gate.name}\``,
        String(gate.default),
        gate.used ? gate.about : `${gate.about} Setting it has no effect.`,
      ]),
    )}`,
  ].join('\n\n')}\n`;
};

const flagRow = (flag: Flag): readonly string[] => [
  `\`--${flag.name}\`${flag.short === undefined ? '' : `, \`-${flag.short}\``}`,
  flag.kind,
  flag.path === undefined ? '' : `\`${flag.path.join('.')}\``,
  flag.besideFile ? 'counts' : 'ignored',
  flag.tolerated === undefined ? flag.about : `${flag.about} **No effect**: ${flag.tolerated}.`,
];

/** The reference page of the flags, as Markdown. */
export const flagsReference = (): string =>
  `${[
    notice,
    '# Flags',
    `The flags of \`nftproxier run\` are kube-proxy's, with a few of our own. They are written \`--flag=value\` or \`--flag value\`; switches may stand alone; lists and maps may be given once or several times; underscores count as dashes.`,
    `With \`--config\` the file decides, and only the flags marked "counts" are heard. Without it, flags stand in for the fields they name.`,
    table(['Flag', 'Kind', 'Field', 'With --config', 'Meaning'], flags.map(flagRow)),
  ].join('\n\n')}\n`;
