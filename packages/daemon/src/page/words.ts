import type { Frontend } from '@nftproxier/core';
import { printable } from '../status/text.js';

/** A whole number with its thousands apart, by narrow spaces that do not break. */
export function number(value: number): string {
  return String(Math.round(value)).replaceAll(/\B(?=(\d{3})+$)/gu, '\u202f');
}

/** How long something took: three digits are enough. */
export function duration(milliseconds: number | undefined): string {
  if (milliseconds === undefined) return '–';
  if (milliseconds < 1_000) return `${String(Math.round(milliseconds))} ms`;
  return milliseconds < 100_000 ? `${(milliseconds / 1_000).toPrecision(3)} s` : age(milliseconds);
}

/** How long ago, or for how long: the two largest units at most. */
export function age(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000));
  if (seconds < 60) return `${String(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return minutes < 10 ? `${String(minutes)} min ${String(seconds % 60)} s` : `${String(minutes)} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${String(hours)} h ${String(minutes % 60)} min`;
  return `${String(Math.floor(hours / 24))} d ${String(hours % 24)} h`;
}

/** So many a second: two decimals where they say something. */
export function rate(perSecond: number): string {
  if (perSecond === 0) return '0';
  return perSecond < 1_000 ? perSecond.toFixed(perSecond < 10 ? 2 : 1) : number(perSecond);
}

/** A moment of the day in UTC, to the second. */
export function clock(time: number): string {
  return new Date(time).toISOString().slice(11, 19);
}

/** An address with a port; IPv6 in brackets. */
export function at(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${String(port)}` : `${address}:${String(port)}`;
}

/** A noun with its number. */
export function count(value: number, one: string, many = `${one}s`): string {
  return `${number(value)} ${value === 1 ? one : many}`;
}

/** Words of others on a page. */
export const words = (text: string): string => printable(text);

/** What a person calls the kinds of frontends. */
export const frontendNames: Readonly<Record<Frontend['kind'], string>> = {
  ClusterIP: 'cluster IP',
  ExternalIP: 'external IP',
  LoadBalancerIP: 'load balancer',
  NodePort: 'node port',
};
