import { type Family, familyOf, parseAddress, parseCidr } from '@nftproxier/core';

/** An address and a port to listen on. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Whether the text is an IPv4 or IPv6 address; zones (`fe80::1%eth0`) are not. */
export const isAddress = (text: string): boolean => parseAddress(text) !== undefined;

/** Splits `10.0.0.1:80` or `[::1]:80`. Returns undefined unless the host is an IP address and the port 1-65535. */
export const parseHostPort = (text: string): HostPort | undefined => {
  const [, bracketed, plain, digits] = /^(?:\[([^[\]]*:[^[\]]*)\]|([^:]*)):(\d{1,5})$/u.exec(text) ?? [];
  const port = Number(digits);
  const host = parseAddress(bracketed ?? plain);
  return host !== undefined && port >= 1 && port <= 65_535 ? { host, port } : undefined;
};

/** Writes an address and a port, IPv6 in brackets. */
export const formatHostPort = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${String(port)}` : `${host}:${String(port)}`;

/** Appends the port to a bare IP address, as kube-proxy does for its two listen addresses; anything else is left alone. */
export const withPort = (text: string, port: number): string => (isAddress(text) ? formatHostPort(text, port) : text);

/** The family of a CIDR such as `10.0.0.0/8`, or undefined if it is none. */
export const cidrFamily = (text: string): Family | undefined => {
  const cidr = parseCidr(text);
  return cidr === undefined ? undefined : familyOf(cidr);
};

/** Whether the text is the URL of an API server: HTTP or HTTPS, and no more than a host, a port and a path. */
export const isServerUrl = (url: string): boolean => {
  if (!URL.canParse(url)) return false;
  const { protocol, search, hash } = new URL(url);
  return (protocol === 'https:' || protocol === 'http:') && search === '' && hash === '';
};
