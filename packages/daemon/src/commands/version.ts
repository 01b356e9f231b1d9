import { readFileSync } from 'node:fs';
import { release } from 'node:os';

/** The version of this package. */
export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    readonly version: string;
  };
  return version;
}

/** The versions of this package and of what runs it, for `nftproxier version`. */
export function versionText(format: 'text' | 'json'): string {
  const versions = { nftproxier: packageVersion(), node: process.version, kernel: release() };
  if (format === 'json') return `${JSON.stringify(versions)}\n`;
  return `nftproxier ${versions.nftproxier}, Node ${versions.node}, Linux ${versions.kernel}\n`;
}
