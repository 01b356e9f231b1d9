import type { ValueKind } from './field.js';
import { fields } from './schema.js';

/** A flag of the command line, under kube-proxy's name where kube-proxy has it. */
export interface Flag {
  /** Without dashes. */
  readonly name: string;
  /** Short form, one letter. */
  readonly short?: string;
  readonly kind: ValueKind;
  readonly about: string;
  /** The field it sets, as a path in the file. Flags without one are actions. */
  readonly path?: readonly string[];
  /** Whether it still counts when there is a configuration file. */
  readonly besideFile: boolean;
  /** Why it is accepted and does nothing. */
  readonly tolerated?: string;
}

const fromFields: readonly Flag[] = fields.flatMap(({ path, kind, name, doc }) => {
  if (doc.flag === undefined) return [];
  // What is a list of mappings in the file is one text on the command line, and has no effect in either form.
  const asText = name === 'logging.vmodule';
  return [
    {
      name: doc.flag,
      ...(doc.flag === 'v' ? { short: 'v' } : {}),
      kind: asText ? 'string' : name === 'logging.flushFrequency' ? 'duration' : kind,
      about: doc.about,
      ...(asText ? {} : { path }),
      besideFile: doc.precedence === 'always',
      ...(doc.tolerated === undefined ? {} : { tolerated: doc.tolerated }),
    },
  ];
});

const action = (name: string, kind: ValueKind, about: string, short?: string): Flag => ({
  name,
  kind,
  about,
  besideFile: true,
  ...(short === undefined ? {} : { short }),
});

/** Flags that say what to do rather than how. */
const actions: readonly Flag[] = [
  action(
    'config',
    'string',
    'File with the configuration. Flags that set single fields are then ignored, unless stated otherwise.',
  ),
  action('write-config-to', 'string', 'Write the effective configuration to this file and exit.'),
  action('cleanup', 'boolean', 'Remove what nftproxier has put into the kernel of this node, and exit.'),
  action('init-only', 'boolean', 'Do what needs privileges beyond NET_ADMIN (kernel settings), and exit.'),
  action('version', 'string', 'Print the version and exit.'),
  action('help', 'boolean', 'Print this text and exit.', 'h'),
];

const deprecated: readonly Flag[] = [
  {
    name: 'healthz-port',
    kind: 'integer',
    about: 'Deprecated: port of the health server, if healthz-bind-address has none; 0 switches it off.',
    besideFile: false,
  },
  {
    name: 'metrics-port',
    kind: 'integer',
    about: 'Deprecated: port of the metrics server, if metrics-bind-address has none.',
    besideFile: false,
  },
];

const tolerated = (name: string, kind: ValueKind, why: string): Flag => ({
  name,
  kind,
  about: 'Accepted for kube-proxy command lines.',
  besideFile: true,
  tolerated: why,
});

const buffering = 'log lines are not buffered and go to one stream';

const leftovers: readonly Flag[] = [
  tolerated('log-json-info-buffer-size', 'string', buffering),
  tolerated('log-json-split-stream', 'boolean', buffering),
  tolerated('log-text-info-buffer-size', 'string', buffering),
  tolerated('log-text-split-stream', 'boolean', buffering),
  tolerated('boot-id-file', 'string', 'nothing reads it'),
  tolerated('machine-id-file', 'string', 'nothing reads it'),
];

/** Every flag of `nftproxier run`. */
export const flags: readonly Flag[] = [...actions, ...fromFields, ...deprecated, ...leftovers];
