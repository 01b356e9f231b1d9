import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate and its key, in PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** Makes a certificate authority with openssl, valid for a day. */
export function createAuthority(name: string): KeyPair {
  return withFolder((folder) => {
    openssl(folder, [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'],
      ...['-subj', `/CN=${name}`, '-keyout', 'key.pem', '-out', 'cert.pem'],
      ...['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign'],
    ]);
    return read(folder);
  });
}

/** Makes a certificate signed by `authority`: of a server with `names` (such as `IP:127.0.0.1`), or of a client. */
export function createCertificate(authority: KeyPair, subject: string, names: readonly string[] = []): KeyPair {
  return withFolder((folder) => {
    writeFileSync(join(folder, 'ca.pem'), authority.certificate);
    writeFileSync(join(folder, 'ca.key'), authority.key);
    writeFileSync(join(folder, 'ext'), names.length > 0 ? `subjectAltName=${names.join(',')}\n` : '');
    openssl(folder, [
      ...['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-subj', subject, '-keyout', 'key.pem', '-out', 'request.pem'],
    ]);
    openssl(folder, [
      ...['x509', '-req', '-in', 'request.pem', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'],
      ...['-days', '1', '-extfile', 'ext', '-out', 'cert.pem'],
    ]);
    return read(folder);
  });
}

function openssl(folder: string, args: readonly string[]): void {
  execFileSync('openssl', [...args], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
}

function read(folder: string): KeyPair {
  return {
    certificate: readFileSync(join(folder, 'cert.pem'), 'utf8'),
    key: readFileSync(join(folder, 'key.pem'), 'utf8'),
  };
}

function withFolder<R>(use: (folder: string) => R): R {
  const folder = mkdtempSync(join(tmpdir(), 'nftproxier-certificates-'));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
