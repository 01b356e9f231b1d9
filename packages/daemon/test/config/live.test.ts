import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import {
  compareConfigurations,
  followConfiguration,
  fields,
  loadConfiguration,
  logLevel,
  logSettings,
  textLine,
  watchConfiguration,
} from '../../src/config/index.js';
import { load, valid } from './file.js';

describe('compareConfigurations', () => {
  test.each([
    [{}, {}, [], []],
    [{ logging: { verbosity: 4 } }, {}, ['logging.verbosity'], []],
    [
      { oomScoreAdj: 0, conntrack: { min: 5 } },
      { clusterCIDR: '10.0.0.0/8' },
      ['conntrack.min', 'oomScoreAdj'],
      ['clusterCIDR'],
    ],
    [{ ipvs: { scheduler: 'rr' } }, {}, [], []],
    [{ nodePortAddresses: ['10.0.0.0/8'] }, { nodePortAddresses: ['10.0.0.0/9'] }, [], ['nodePortAddresses']],
    [{ featureGates: { AllowServiceExternalIPs: false } }, {}, [], ['featureGates']],
  ])('%j and %j', (before, after, live, restart) => {
    expect(compareConfigurations(valid(load(before)), valid(load(after)))).toEqual({ live, restart });
  });

  test('fields without effect need nothing, all others say what they need', () => {
    const silent = fields.filter(
      ({ doc, path }) =>
        doc.reload === 'none' && doc.tolerated === undefined && path[0] !== 'iptables' && path[0] !== 'ipvs',
    );
    expect(silent.map(({ name }) => name)).toEqual(['apiVersion', 'kind', 'mode']);
    expect(fields.filter(({ doc }) => doc.tolerated !== undefined && doc.reload !== 'none')).toEqual([]);
  });
});

describe('watchConfiguration', () => {
  const watch = () => {
    const seen: string[] = [];
    let content: string | Error = 'a';
    let tick = (): void => undefined;
    let stopped = false;
    const stop = watchConfiguration({
      path: '/config',
      interval: 10,
      readFile: () => {
        if (content instanceof Error) throw content;
        return content;
      },
      handlers: { changed: (text) => seen.push(text), failed: (error) => seen.push(`failed: ${error.message}`) },
      every: (_, handler) => {
        tick = handler;
        return () => {
          stopped = true;
        };
      },
    });
    const show = (next: string | Error): void => {
      content = next;
      tick();
    };
    return { seen, show, stop, isStopped: () => stopped };
  };

  test('reports new content once it has settled', () => {
    const { seen, show } = watch();
    for (const content of ['a', 'b', 'b', 'b', 'half', 'c', 'c']) show(content);
    expect(seen).toEqual(['b', 'c']);
  });

  test('says nothing of a change that is taken back', () => {
    const { seen, show } = watch();
    for (const content of ['b', 'a', 'a']) show(content);
    expect(seen).toEqual([]);
  });

  test('reports a failure once, and goes on', () => {
    const { seen, show } = watch();
    for (const content of [new Error('gone'), new Error('gone'), 'b', 'b', new Error('again'), 'b', 'b']) show(content);
    expect(seen).toEqual(['failed: gone', 'b', 'failed: again']);
  });

  test('stops', () => {
    const { stop, isStopped } = watch();
    stop();
    expect(isStopped()).toBe(true);
  });
});

describe('followConfiguration', () => {
  const file = (fields: string): string =>
    `apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: nftables\n${fields}\n`;

  const follow = (first: string, argv: readonly string[] = []) => {
    const folder = mkdtempSync(join(tmpdir(), 'configuration-'));
    const path = join(folder, 'config.yaml');
    // As the kubelet lays out a ConfigMap: the file is a link into a folder behind a link that is swapped.
    let version = 0;
    const write = (text: string): void => {
      version += 1;
      const data = `..version-${String(version)}`;
      mkdirSync(join(folder, data));
      writeFileSync(join(folder, data, 'config.yaml'), text);
      symlinkSync(data, join(folder, '..data_tmp'));
      renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
    };
    write(first);
    symlinkSync('..data/config.yaml', path);
    const flags = [`--config=${path}`, ...argv];
    const readFile = (name: string): string => readFileSync(name, 'utf8');
    const loaded = loadConfiguration({ argv: flags, env: {}, readFile });
    const seen: unknown[] = [];
    let tick = (): void => undefined;
    followConfiguration({
      configuration: valid(loaded),
      path,
      argv: flags,
      env: {},
      readFile,
      interval: 10,
      every: (_, handler) => {
        tick = handler;
        return () => undefined;
      },
      handlers: {
        applied: (configuration, changed) => seen.push(['applied', changed, configuration.oomScoreAdj]),
        restart: (changed) => seen.push(['restart', changed]),
        refused: (problems) => seen.push(['refused', problems.map(({ field }) => field)]),
        unchanged: () => seen.push('unchanged'),
        failed: (error) => seen.push(['failed', error.message]),
      },
    });
    folders.push(folder);
    return {
      seen,
      show: (text: string): void => {
        write(text);
        tick();
        tick();
      },
    };
  };

  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  test('says what to do about each new content, each compared with what is in force', () => {
    const { seen, show } = follow(file('oomScoreAdj: 1'));
    show(file('oomScoreAdj: 2'));
    show(file('oomScoreAdj: 2 # the same'));
    show(file('oomScoreAdj: many'));
    show(file('oomScoreAdj: 3\nlogging: {verbosity: 4}'));
    show(file('oomScoreAdj: 4\nclusterCIDR: 10.0.0.0/8'));
    expect(seen).toEqual([
      ['applied', ['oomScoreAdj'], 2],
      'unchanged',
      ['refused', ['oomScoreAdj']],
      ['applied', ['oomScoreAdj', 'logging.verbosity'], 3],
      ['restart', ['clusterCIDR']],
    ]);
  });

  test('flags that count beside a file still win', () => {
    const { seen, show } = follow(file(''), ['-v=5']);
    show(file('logging: {verbosity: 2}'));
    expect(seen).toEqual(['unchanged']);
  });
});

describe('logs', () => {
  test.each([
    [0, 'info'],
    [3, 'info'],
    [4, 'debug'],
    [5, 'debug'],
    [6, 'trace'],
    [10, 'trace'],
  ])('-v=%d is %s', (verbosity, level) => {
    expect(logLevel(verbosity)).toBe(level);
  });

  test('settings come from the configuration', () => {
    expect(logSettings(valid(load({ logging: { format: 'json', verbosity: 4 } })))).toEqual({
      level: 'debug',
      format: 'json',
    });
  });

  test('a record is one line, whatever is in it', () => {
    const line = textLine({
      level: 40,
      time: 0,
      pid: 1,
      hostname: 'h',
      msg: 'two\nlines',
      service: 'a\nb',
      n: 5,
      none: undefined,
    });
    expect(line).toBe('W 1970-01-01T00:00:00.000Z "two\\nlines" service="a\\nb" n=5 none=undefined\n');
  });
});
