import { isIP, BlockList, isIPv6 } from 'node:net';
import { ClusterConfigError } from '../errors.js';

/**
 * The proxy to reach `server` through, if any: `configured`, or what the environment says in HTTPS_PROXY or HTTP_PROXY
 * unless NO_PROXY excepts the server. The rules are those of Go's net/http, which kube-proxy follows: local
 * addresses are never proxied, NO_PROXY lists hosts, domains, addresses, networks, and ports.
 */
export function proxyFor(
  server: URL,
  configured: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): URL | undefined {
  if (configured !== undefined) return parse(configured, 'proxy-url');
  const variable = server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const value = env[variable] ?? env[variable.toLowerCase()];
  if (value === undefined || value === '' || isExcepted(server, env['NO_PROXY'] ?? env['no_proxy'] ?? '')) {
    return undefined;
  }
  return parse(value.includes('://') ? value : `http://${value}`, variable);
}

function parse(text: string, field: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && ['http:', 'https:', 'socks5:', 'socks5h:'].includes(url.protocol)) return url;
  throw new ClusterConfigError('proxy', field, 'it is not the address of a proxy', 'write http://HOST:PORT');
}

function isExcepted(server: URL, exceptions: string): boolean {
  const host = server.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = server.port === '' ? (server.protocol === 'https:' ? '443' : '80') : server.port;
  if (host === 'localhost' || (isIP(host) !== 0 && isLoopback(host))) return true;
  return exceptions.split(',').some((entry) => matches(entry.trim().toLowerCase(), host, port));
}

function isLoopback(address: string): boolean {
  return isIPv6(address) ? address === '::1' : address.startsWith('127.');
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry === '') return false;
  if (entry === '*') return true;
  if (entry.includes('/')) return inNetwork(entry, host);
  const [, name = entry, onlyPort] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
  const bare = isIPv6(entry) ? entry : name.replace(/^\[|\]$/g, '');
  if (!isIPv6(entry) && onlyPort !== undefined && onlyPort !== port) return false;
  if (isIP(bare) !== 0) return bare === host;
  if (bare.startsWith('*.')) return host.endsWith(bare.slice(1));
  return bare.startsWith('.') ? host.endsWith(bare) : host === bare || host.endsWith(`.${bare}`);
}

function inNetwork(entry: string, host: string): boolean {
  const [network = '', bits = ''] = entry.split('/');
  const family = isIP(network);
  if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(bits)) return false;
  const prefix = Number(bits);
  if (prefix > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  const type = family === 4 ? 'ipv4' : 'ipv6';
  list.addSubnet(network, prefix, type);
  return list.check(host, type);
}
