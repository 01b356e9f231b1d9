import { describe, expect, test } from 'vitest';
import { loadConfiguration } from '../../src/config/index.js';
import {
  applyKernelSettings,
  conntrackSettings,
  cpuCount,
  type KernelSetting,
  oomSetting,
} from '../../src/host/index.js';

const conntrack = (...argv: readonly string[]) => {
  const loaded = loadConfiguration({ argv, env: {}, readFile: () => '' });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.configuration.conntrack;
};

const plan = (argv: readonly string[], cpus: number) =>
  Object.fromEntries(
    conntrackSettings(conntrack(...argv), cpus).map(({ path, value }) => [
      path.slice(path.lastIndexOf('/') + 1),
      value,
    ]),
  );

const timeouts = { nf_conntrack_tcp_timeout_established: 86_400, nf_conntrack_tcp_timeout_close_wait: 3_600 };

describe('conntrackSettings', () => {
  test.each<[string, readonly string[], number, object]>([
    ['defaults, 2 CPUs: the minimum', [], 2, { nf_conntrack_max: 131_072, hashsize: 32_768, ...timeouts }],
    ['defaults, 8 CPUs', [], 8, { nf_conntrack_max: 262_144, hashsize: 65_536, ...timeouts }],
    ['many CPUs: the bound', [], 1024, { nf_conntrack_max: 1_048_576, hashsize: 262_144, ...timeouts }],
    [
      'a minimum above the bound',
      ['--conntrack-min=2000000'],
      1024,
      { nf_conntrack_max: 2_000_000, hashsize: 500_000, ...timeouts },
    ],
    ['maxPerCore 0 leaves both alone', ['--conntrack-max-per-core=0'], 8, timeouts],
    [
      'timeouts',
      [
        '--conntrack-max-per-core=0',
        '--conntrack-tcp-timeout-established=0s',
        '--conntrack-tcp-timeout-close-wait=90s',
        '--conntrack-udp-timeout=30500ms',
        '--conntrack-udp-timeout-stream=2m',
      ],
      1,
      { nf_conntrack_tcp_timeout_close_wait: 90, nf_conntrack_udp_timeout: 30, nf_conntrack_udp_timeout_stream: 120 },
    ],
    [
      'liberal',
      ['--conntrack-max-per-core=0', '--conntrack-tcp-be-liberal'],
      1,
      { ...timeouts, nf_conntrack_tcp_be_liberal: 1 },
    ],
  ])('%s', (_, argv, cpus, expected) => {
    expect(plan(argv, cpus)).toEqual(expected);
  });
});

class FileError extends Error {
  readonly code: string;
  constructor(code: string) {
    super(`${code}: something`);
    this.code = code;
  }
}

const kernel = (contents: Record<string, string>, broken: Record<string, string> = {}) => ({
  contents,
  readFile: (path: string) => {
    const text = contents[path];
    if (text === undefined) throw new FileError('ENOENT');
    return text;
  },
  writeFile: (path: string, text: string) => {
    const code = broken[path];
    if (code !== undefined) throw new FileError(code);
    contents[path] = text;
  },
});

const setting = (path: string, value: number, atLeast = false, field = 'conntrack.maxPerCore'): KernelSetting => ({
  path,
  value,
  atLeast,
  field,
});

describe('applyKernelSettings', () => {
  test('writes only what differs, and leaves larger sizes where they may be larger', () => {
    const files = kernel({ '/a': '5\n', '/b': '5\n', '/c': '5\n', '/d': '5\n' });
    const { changed, errors } = applyKernelSettings(
      [setting('/a', 5), setting('/b', 6), setting('/c', 4, true), setting('/d', 6, true)],
      files,
    );
    expect(errors).toEqual([]);
    expect(changed.map(({ path }) => path)).toEqual(['/b', '/d']);
    expect(files.contents).toEqual({ '/a': '5\n', '/b': '6', '/c': '5\n', '/d': '6' });
  });

  test('a failure does not keep the others from being tried', () => {
    const files = kernel({ '/a': '1', '/b': '1' }, { '/a': 'EACCES' });
    const { changed, errors } = applyKernelSettings(
      [setting('/a', 2), setting('/missing', 2), setting('/b', 2)],
      files,
    );
    expect(changed.map(({ path }) => path)).toEqual(['/b']);
    expect(errors.map(({ setting: { path } }) => path)).toEqual(['/a', '/missing']);
  });

  const [max, hashsize] = conntrackSettings(conntrack(), 2) as [KernelSetting, KernelSetting];
  const [liberal] = conntrackSettings(
    conntrack(
      '--conntrack-max-per-core=0',
      '--conntrack-tcp-timeout-established=0s',
      '--conntrack-tcp-timeout-close-wait=0s',
      '--conntrack-tcp-be-liberal',
    ),
    2,
  ) as [KernelSetting];
  test.each([
    ['no permission', max, 'EACCES', true, /set conntrack\.maxPerCore to 0/u],
    ['no module', max, 'ENOENT', true, /modprobe nf_conntrack/u],
    ['a read-only /sys', hashsize, 'EROFS', false, /mount \/sys writable/u],
    ['a switch', liberal, 'EACCES', true, /set conntrack\.tcpBeLiberal to false/u],
    ['the score', oomSetting(-999), 'EACCES', false, /SYS_RESOURCE/u],
  ])('%s: what to do is said', (_, wanted, code, fatal, remedy) => {
    const present: Record<string, string> = code === 'ENOENT' ? {} : { [wanted.path]: '0' };
    const [error] = applyKernelSettings([wanted], kernel(present, { [wanted.path]: code })).errors;
    expect(error).toMatchObject({ code: 'KERNEL_SETTING_FAILED', fatal });
    expect(error?.message).toContain(wanted.path);
    expect(error?.message).toContain(code);
    expect(error?.message).toMatch(remedy);
  });
});

describe('cpuCount', () => {
  test.each([
    ['0\n', 1],
    ['0-3\n', 4],
    ['0-3,8,10-11\n', 7],
    ['', 99],
    ['all', 99],
  ])('%j is %d', (list, count) => {
    expect(cpuCount(() => list, 99)).toBe(count);
  });
  test('no list', () => {
    const missing = () => {
      throw new Error('ENOENT');
    };
    expect(cpuCount(missing, 3)).toBe(3);
  });
});
