import { describe, expect, it } from 'vitest';
import { checkKernel, checkNft, lookupsOn, parseVersion } from '../../src/run/index.js';
import type { Nft } from '../../src/run/index.js';

const versioned = (text: string): Nft => ({
  run: () => Promise.reject(new Error('not run')),
  list: () => Promise.reject(new Error('not run')),
  version: () => Promise.resolve(text),
});

describe('versions', () => {
  it.each([
    ['nftables v1.0.6 (Lester Gooch #5)', { major: 1, minor: 0, patch: 6 }],
    ['nftables v1.1.3 (Commodore Bullmoose #4)', { major: 1, minor: 1, patch: 3 }],
    ['nftables v1.2', { major: 1, minor: 2, patch: 0 }],
    ['nftables 1.0.9-1ubuntu0.1', { major: 1, minor: 0, patch: 9 }],
    ['6.1.0-28-amd64', { major: 6, minor: 1, patch: 0 }],
    ['5.14.0-427.13.1.el9_4.x86_64', { major: 5, minor: 14, patch: 0 }],
    ['6.18.44-cloud-amd64', { major: 6, minor: 18, patch: 44 }],
    ['6.12-rc1', { major: 6, minor: 12, patch: 0 }],
    ['', undefined],
    ['nftables', undefined],
    ['nftables v12', undefined],
  ])('in %j', (text, version) => {
    expect(parseVersion(text)).toEqual(version);
  });

  it.each(['nftables v1.0.6 (Lester Gooch #5)', 'nftables v1.1.7', 'nftables v2.0'])('supports %s', async (text) => {
    await expect(checkNft(versioned(text))).resolves.toEqual(parseVersion(text));
  });

  it.each([
    ['nftables v0.9.8 (E.D.S.)', 'nft 0.9.8 is too old: nft 1.0.6 or later is needed'],
    ['nftables v1.0.5', 'nft 1.0.5 is too old'],
    ['garbage', 'cannot read a version of nft from "garbage"'],
  ])('refuses %s', async (text, message) => {
    await expect(checkNft(versioned(text))).rejects.toMatchObject({
      code: 'NFT_UNSUPPORTED',
      message: expect.stringContaining(message),
    });
  });

  it.each([
    ['5.15.0-52-generic', 'twice'],
    ['6.12.47', 'twice'],
    ['6.12.48+deb13-amd64', 'once'],
    ['6.13.12', 'twice'],
    ['6.16.7', 'twice'],
    ['6.16.8-arch1-1', 'once'],
    ['6.17.0-5-generic', 'once'],
    ['6.18.44', 'once'],
    ['7.0.1', 'once'],
    ['who knows', 'twice'],
  ])('looks up in Linux %s %s', (release, lookups) => {
    expect(lookupsOn(release)).toBe(lookups);
  });

  it('checks kernels', () => {
    expect(checkKernel('5.13.0-52-generic')).toEqual({ major: 5, minor: 13, patch: 0 });
    expect(() => checkKernel('5.10.0-30-amd64')).toThrow('Linux 5.10.0 is too old: Linux 5.13.0 or later is needed');
    expect(() => checkKernel('who knows')).toThrow(expect.objectContaining({ code: 'NFT_UNSUPPORTED' }));
  });
});
