import { familyOf, parseAddress } from '@nftproxier/core';
import { formatHostPort, withPort } from './address.js';
import { parseDuration } from './duration.js';
import type { ValueKind } from './field.js';
import type { Warning } from './problem.js';
import { isZero, type Raw, valueAt, withoutValue, withValue } from './raw.js';
import { fields } from './schema.js';

const healthzPort = 10256;
const metricsPort = 10249;

const isUnset = (kind: ValueKind, value: unknown): boolean => {
  if (kind === 'integer' || kind === 'number') return value === 0;
  return value === '' || (kind === 'duration' && typeof value === 'string' && parseDuration(value) === 0);
};

/** Drops the fields whose zero value Kubernetes reads as "not set", so that they get their defaults. */
export const withoutUnset = (raw: Raw): Raw =>
  fields
    .filter(({ kind, doc, path }) => doc.zeroIsUnset === true && isUnset(kind, valueAt(raw, path)))
    .reduce((rest, { path }) => withoutValue(rest, path), raw);

interface Carry {
  readonly from: readonly [string, string];
  readonly to: string;
}

const fromIptables: readonly Carry[] = [
  { from: ['iptables', 'masqueradeAll'], to: 'masqueradeAll' },
  { from: ['iptables', 'masqueradeBit'], to: 'masqueradeBit' },
];

const carried: Readonly<Record<string, readonly Carry[]>> = {
  iptables: [
    ...fromIptables,
    { from: ['iptables', 'syncPeriod'], to: 'syncPeriod' },
    { from: ['iptables', 'minSyncPeriod'], to: 'minSyncPeriod' },
  ],
  ipvs: [
    ...fromIptables,
    { from: ['ipvs', 'syncPeriod'], to: 'syncPeriod' },
    { from: ['ipvs', 'minSyncPeriod'], to: 'minSyncPeriod' },
  ],
};

/** A configuration with what follows from others filled in, and what should be said about it. */
export interface Completed {
  readonly raw: Raw;
  readonly warnings: readonly Warning[];
  /** Fields that took their value from a field of another mode, by name. */
  readonly carried: ReadonlyMap<string, string>;
}

/**
 * Makes a configuration of another mode one for nftables: the mode changes, and the periods and masquerade settings of
 * that mode's section are kept where `nftables` does not set its own. In nftables mode the other sections are not read.
 */
export const toNftables = (raw: Raw, isFile: boolean): Completed => {
  const given = raw['mode'];
  if (given === 'nftables' || (given !== undefined && given !== '' && given !== 'iptables' && given !== 'ipvs'))
    return { raw, warnings: ignoredSections(raw), carried: new Map() };
  const mode = given === 'ipvs' ? 'ipvs' : 'iptables';
  const warnings: Warning[] = [];
  if (given !== undefined || isFile) {
    const said = given === undefined || given === '' ? 'blank, which means iptables to kube-proxy' : mode;
    warnings.push({ field: 'mode', message: `The mode is ${said}; nftproxier always uses nftables.` });
    if (isZero(raw['nodePortAddresses']))
      warnings.push({
        field: 'nodePortAddresses',
        message: `Not set: NodePorts are served on the primary addresses of the node only; in ${mode} mode it was all of them.`,
      });
  }
  const origins = new Map<string, string>();
  let result = withValue(raw, ['mode'], 'nftables');
  for (const { from, to } of carried[mode] ?? []) {
    const value = valueAt(raw, from);
    if (isZero(value) || valueAt(raw, ['nftables', to]) !== undefined) continue;
    result = withValue(result, ['nftables', to], value);
    origins.set(`nftables.${to}`, from.join('.'));
    warnings.push({ field: from.join('.'), message: `Used as nftables.${to}.` });
  }
  return { raw: result, warnings, carried: origins };
};

const ignoredSections = (raw: Raw): readonly Warning[] =>
  fields
    .filter(({ path: [section], doc, fallback, path }) => {
      const value = valueAt(raw, path);
      return section === 'iptables' && doc.tolerated === undefined && !isZero(value) && value !== fallback;
    })
    .map(({ name }) => ({
      field: name,
      message: 'Not used: the mode is nftables, set the field of the same name there.',
    }));

/** Fills in the listen addresses, which follow the family of `bindAddress`, and the blank forms of other defaults. */
export const withDefaults = (raw: Raw): Raw => {
  const bindAddress = raw['bindAddress'];
  const ipv6 = familyOf(parseAddress(bindAddress) ?? '0.0.0.0') === 'IPv6';
  const listen = (name: string, host: string, port: number): readonly [string, unknown] => {
    const given = raw[name];
    if (given === undefined) return [name, formatHostPort(host, port)];
    return [name, typeof given === 'string' ? withPort(given, port) : given];
  };
  const addresses = raw['nodePortAddresses'];
  return {
    ...raw,
    ...Object.fromEntries([
      listen('healthzBindAddress', ipv6 ? '::' : '0.0.0.0', healthzPort),
      listen('metricsBindAddress', ipv6 ? '::1' : '127.0.0.1', metricsPort),
    ]),
    ...(Array.isArray(addresses) && addresses.length === 0 ? { nodePortAddresses: ['primary'] } : {}),
  };
};

/** Says which fields are set to something and have no effect here. */
export const toleratedFields = (raw: Raw): readonly Warning[] =>
  fields
    .filter(({ path, doc, fallback }) => {
      const value = valueAt(raw, path);
      const isSet = typeof value === 'boolean' || !isZero(value);
      return doc.tolerated !== undefined && isSet && value !== fallback;
    })
    .map(({ name, doc }) => ({ field: name, message: `Not used: ${doc.tolerated ?? ''}.` }));
