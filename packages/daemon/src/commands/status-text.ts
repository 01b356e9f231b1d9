import type { Diagnostic } from '@nftproxier/core';
import { age, at, count, duration, number, rate } from '../page/words.js';
import type { ServiceList } from '../status/pages.js';
import type { PortDetail, ServiceDetail } from '../status/services.js';
import type { SourceReport } from '../status/source.js';
import type { Status } from '../status/status.js';
import { printable } from '../status/text.js';
import { columns } from './columns.js';
import type { Paint } from './paint.js';

/** The status of a daemon for a person. What comes from objects is made harmless for a terminal. */
export function statusText(status: Status, color: Paint): string {
  const { version, node, state, problems, now, startTime, table, quarantine, diagnostics, syncs } = status;
  const { changes, replacements, failures, lastSuccess, duration: took, programming } = syncs;
  const look = state === 'serving' ? color.good : state === 'starting' ? color.faint : color.bad;
  const last = lastSuccess === undefined ? 'none yet' : `last ${age(now - lastSuccess)} ago`;
  const conflicts = diagnostics.byCode['address-conflict'] ?? 0;
  return paragraphs([
    [
      `nftproxier ${printable(version)} on ${printable(node)}: ${color.strong(look(state))}, up ${age(now - startTime)}`,
    ],
    problems.map(
      ({ severity, message }) => `${severity === 'error' ? color.bad('error:') : 'warning:'} ${printable(message)}`,
    ),
    [
      table === undefined
        ? 'No table is loaded yet.'
        : `Table ${printable(table.name)}: ${count(table.services, 'Service')}, ${count(table.servicePorts, 'service port')}, ${count(table.slots, 'slot')}`,
      `Syncs: ${count(changes, 'change')}, ${count(replacements, 'whole table')}, ${number(failures)} failed; ${last}`,
      ...(took.samples === 0 ? [] : [`A sync takes ${duration(took.median)} (median), ${duration(took.p99)} (99%).`]),
      ...(programming.samples === 0
        ? []
        : [`Changes of endpoints reach the kernel in ${duration(programming.median)} (median).`]),
    ],
    sourceLines(status.source, now),
    part(
      color,
      `Refused: ${number(quarantine.total)}`,
      quarantine.services.map(
        ({ service, since, code, message, servesEarlierState }) =>
          `${printable(service)} ${since === undefined ? '' : `since ${age(now - since)}`}: ${printable(code)} ${printable(message)} (${servesEarlierState ? 'serves what it had' : 'is not served'})`,
      ),
    ),
    part(color, `Conflicts: ${number(conflicts)}`, diagnostics.conflicts.map(diagnosticText)),
    part(color, `Left out: ${number(diagnostics.total - conflicts)}`, diagnostics.others.map(diagnosticText)),
    syncs.recent.length === 0 ? [] : [color.strong('Latest syncs'), ...syncLines(status)],
  ]);
}

/** A list of Services for a person. */
export function listText({ services, matches, total, next }: ServiceList): string {
  const rows = services.map(({ service, state, frontends, moreFrontends, endpoints, localEndpoints }) => [
    printable(service),
    [
      ...frontends.map(({ address, port, protocol }) => `${at(address ?? '', port)}/${protocol}`),
      ...(moreFrontends > 0 ? [`and ${number(moreFrontends)} more`] : []),
    ].join(' '),
    number(endpoints),
    number(localEndpoints),
    state,
  ]);
  const shown = `${count(services.length, 'Service')} of ${number(matches)} found among ${number(total)}`;
  return paragraphs([
    columns(['SERVICE', 'REACHED AT', 'ENDPOINTS', 'HERE', 'STATE'], rows),
    [next === undefined ? `${shown}.` : `${shown}; search for fewer, or read /services?after=${printable(next)}.`],
  ]);
}

/** One Service for a person. */
export function detailText({ service, state, refusal, counted, problems, ports }: ServiceDetail, color: Paint): string {
  return paragraphs([
    [`${printable(service)}: ${color.strong(state === 'refused' ? color.bad(state) : state)}`],
    counted === undefined
      ? []
      : [`${count(counted.connections, 'new connection')} since the start, ${rate(counted.perSecond)} a second`],
    refusal === undefined ? [] : [`${printable(refusal.code)} ${printable(refusal.message)}`],
    problems.map(diagnosticText),
    ...ports.map((port) => portLines(port, color)),
  ]);
}

function portLines(
  { portName, protocol, family, frontends, cluster, local }: PortDetail,
  color: Paint,
): readonly string[] {
  const name = [portName === '' ? [] : printable(portName), protocol, family].flat().join(', ');
  const where = frontends.map((frontend) => at(frontend.kind === 'NodePort' ? '' : frontend.address, frontend.port));
  const isCounted = cluster.backends.some(({ counted }) => counted !== undefined);
  const rows = cluster.backends.map(({ address, port, local: isHere, counted }, slot) => [
    number(slot),
    at(address, port),
    isHere ? 'this node' : 'another node',
    ...(isCounted ? [rate(counted?.perSecond ?? 0), number(counted?.connections ?? 0)] : []),
  ]);
  const heads = ['SLOT', 'ENDPOINT', 'WHERE', ...(isCounted ? ['PER SECOND', 'CONNECTIONS'] : [])];
  return [
    `${color.strong(name)} at ${where.join(' ')}: ${count(cluster.total, 'endpoint')}, ${number(local.total)} for traffic that must stay`,
    ...(rows.length === 0 ? [] : columns(heads, rows)),
  ];
}

function sourceLines(source: SourceReport, now: number): readonly string[] {
  if (source.kind === 'manifests')
    return [`Manifests in ${printable(source.directory)}; failed attempts to read: ${number(source.failures)}`];
  const ago = (time: number | undefined): string => (time === undefined ? '-' : `${age(now - time)} ago`);
  return columns(
    ['WATCH', 'STATE', 'OBJECTS', 'LAST BYTE', 'ERRORS', 'LATEST ERROR'],
    source.watches.map(({ kind, state, objects, lastByteAt, errors, lastError }) => [
      printable(kind),
      state,
      number(objects),
      ago(lastByteAt),
      number(errors),
      lastError === undefined ? '' : `${ago(lastError.at)}: ${printable(lastError.message, 120)}`,
    ]),
  );
}

function syncLines({ syncs, now }: Status): readonly string[] {
  return columns(
    ['WHEN', 'WHAT', 'TOOK', 'SERVICES', 'ELEMENTS', 'REFUSED'],
    syncs.recent
      .slice(0, 10)
      .map(({ at: time, ok, kind, milliseconds, services, elements, refused, error }) => [
        `${age(now - time)} ago`,
        ok ? (kind === 'replace' ? 'whole table' : 'change') : `failed: ${printable(error?.code ?? '')}`,
        duration(milliseconds),
        number(services),
        number(elements),
        number(refused),
      ]),
  );
}

function diagnosticText({ kind, namespace, name, field, message }: Diagnostic): string {
  return printable(`${kind} ${namespace}/${name} ${field}: ${message}`);
}

function part(color: Paint, title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [color.strong(title), ...lines.map((line) => `  ${line}`)];
}

/** Lines in groups with an empty one between; groups without lines are left out. */
export function paragraphs(parts: readonly (readonly string[])[]): string {
  const there = parts.filter((lines) => lines.length > 0).map((lines) => `${lines.join('\n')}\n`);
  return there.join('\n');
}
