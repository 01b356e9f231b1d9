import { mkdtemp, rename, rm, symlink, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withPauses } from '@nftproxier/nft';
import { createManifestSource } from '../../src/sources/manifests/directory.js';
import { ManifestObjects, storing } from '../../src/sources/manifests/objects.js';
import { ManifestError, parseManifest } from '../../src/sources/manifests/parse.js';
import type { Batch, Source } from '../../src/sources/source.js';

describe('parseManifest', () => {
  const names = (file: string, text: string): readonly string[] =>
    parseManifest(file, text).map(({ kind, object }) => `${kind} ${object.metadata?.name ?? ''}`);

  it('reads several documents, and passes over empty ones and kinds it does not know', () => {
    const text =
      '---\nkind: Service\nmetadata: {name: a}\n---\n---\nkind: Namespace\nmetadata: {name: n}\n---\nkind: Node\nmetadata: {name: b}\n';
    expect(names('x.yaml', text)).toEqual(['Service a', 'Node b']);
  });

  it('takes lists apart, of any kind and of one', () => {
    const list = { kind: 'List', items: [{ kind: 'Service', metadata: { name: 'a' } }] };
    const typed = { kind: 'EndpointSliceList', items: [{ metadata: { name: 'b' } }] };
    expect(names('x.json', JSON.stringify(list))).toEqual(['Service a']);
    expect(names('x.json', JSON.stringify(typed))).toEqual(['EndpointSlice b']);
  });

  const bad: readonly (readonly [string, string, string, RegExp])[] = [
    ['broken YAML', 'x.yaml', 'kind: Service\nmetadata:\n  name: [\n', /^x\.yaml:\d+: not YAML: /],
    ['broken JSON', 'x.json', '{\n"kind": }', /^x\.json:2: not JSON: /],
    ['a document that is no object', 'x.yaml', '---\n- a\n', /^x\.yaml:2: a document must be an object/],
    ['no kind', 'x.yaml', 'metadata: {name: a}\n', /^x\.yaml:1: kind is missing/],
    ['no name', 'x.yaml', 'kind: Service\n', /^x\.yaml:1: a Service without metadata\.name/],
    ['metadata that is null', 'x.yaml', 'kind: Service\nmetadata:\n', /^x\.yaml:1: a Service without metadata\.name/],
    [
      'aliases of aliases',
      'x.yaml',
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n`,
      /^x\.yaml:1: not usable YAML: /,
    ],
  ];
  for (const [what, file, text, message] of bad) {
    it(`says where and what of ${what}`, () => {
      expect(() => parseManifest(file, text)).toThrow(ManifestError);
      expect(() => parseManifest(file, text)).toThrow(message);
    });
  }
});

describe('createManifestSource', () => {
  let folder: string;
  let source: Source | undefined;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nftproxier-'));
  });
  afterEach(async () => {
    await source?.stop();
    await rm(folder, { recursive: true });
  });

  const service = (name: string, clusterIP = '10.96.0.1'): string =>
    JSON.stringify({ kind: 'Service', metadata: { name }, spec: { clusterIP } });

  async function start() {
    const batches: Batch[] = [];
    const told: string[] = [];
    source = createManifestSource(folder, {
      onError: (error) => told.push(`error ${error.message}`),
      onRecovered: (file) => told.push(`recovered ${file}`),
      onRepeated: ({ key, file, ignored }) => told.push(`repeated ${key} ${file} ${ignored.join(' ')}`),
    });
    await source.start((batch) => void batches.push(batch));
    return { batches, told };
  }

  const eventually = async (check: () => void): Promise<void> => {
    for (let tries = 0; ; tries += 1) {
      try {
        check();
        return;
      } catch (error) {
        if (tries === 100) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  };

  it('first hands on everything of each kind, then what changes', async () => {
    await writeFile(join(folder, 'a.json'), service('a'));
    const { batches } = await start();
    expect(batches.map(({ kind, type }) => `${kind} ${type}`)).toEqual([
      'Service replace',
      'EndpointSlice replace',
      'Node replace',
      'ServiceCIDR replace',
    ]);
    batches.length = 0;
    await writeFile(join(folder, 'b.json'), service('b'));
    await eventually(() => {
      expect(batches).toMatchObject([
        { kind: 'Service', type: 'delta', events: [{ type: 'set', object: { metadata: { name: 'b' } } }] },
      ]);
    });
    batches.length = 0;
    await rm(join(folder, 'a.json'));
    await eventually(() => {
      expect(batches).toMatchObject([
        { type: 'delta', events: [{ type: 'delete', object: { metadata: { name: 'a' } } }] },
      ]);
    });
  });

  it('keeps what it last read of a file that breaks, and says when it can be used again', async () => {
    await writeFile(join(folder, 'a.json'), service('a'));
    const { batches, told } = await start();
    batches.length = 0;
    await writeFile(join(folder, 'a.json'), '{');
    await eventually(() => {
      expect(told).toEqual([expect.stringMatching(/^error a\.json:1: not JSON/)]);
    });
    expect(batches).toEqual([]);
    await writeFile(join(folder, 'a.json'), service('a', '10.96.0.2'));
    await eventually(() => {
      expect(told.at(-1)).toBe('recovered a.json');
      expect(batches).toMatchObject([{ events: [{ object: { spec: { clusterIP: '10.96.0.2' } } }] }]);
    });
  });

  it('passes over a file that is written again unchanged', async () => {
    await writeFile(join(folder, 'a.json'), service('a'));
    const { batches } = await start();
    batches.length = 0;
    await writeFile(join(folder, 'a.json'), `${service('a')}\n`);
    await writeFile(join(folder, 'b.json'), service('b'));
    await eventually(() => {
      expect(batches.length).toBeGreaterThan(0);
    });
    expect(JSON.stringify(batches)).not.toContain('"name":"a"');
  });

  it('takes an object that two files define from the first by name', async () => {
    await writeFile(join(folder, 'a.json'), service('x', '10.96.0.1'));
    await writeFile(join(folder, 'b.json'), service('x', '10.96.0.2'));
    const { batches, told } = await start();
    expect(told).toEqual(['repeated Service default/x a.json b.json']);
    expect(JSON.stringify(batches)).toContain('10.96.0.1');
    expect(JSON.stringify(batches)).not.toContain('10.96.0.2');
  });

  it('follows a ConfigMap volume, which swaps a link to a folder', async () => {
    await mkdir(join(folder, '..1'));
    await mkdir(join(folder, '..2'));
    await writeFile(join(folder, '..1/a.json'), service('a', '10.96.0.1'));
    await writeFile(join(folder, '..2/a.json'), service('a', '10.96.0.2'));
    await symlink('..1', join(folder, '..data'));
    await symlink('..data/a.json', join(folder, 'a.json'));
    const { batches } = await start();
    batches.length = 0;
    await symlink('..2', join(folder, '..tmp'));
    await rename(join(folder, '..tmp'), join(folder, '..data'));
    await eventually(() => {
      expect(batches).toMatchObject([{ events: [{ object: { spec: { clusterIP: '10.96.0.2' } } }] }]);
    });
  });

  it('lets others have their turn while it reads many objects', async () => {
    const items = Array.from({ length: 300 }, (_, index) => JSON.parse(service(`s${String(index)}`)) as object);
    await writeFile(join(folder, 'a.json'), JSON.stringify({ kind: 'List', items }));
    let turns = 0;
    const events = { onError: () => undefined, onRecovered: () => undefined, onRepeated: () => undefined };
    source = createManifestSource(folder, events, () => {
      turns += 1;
      return Promise.resolve();
    });
    await source.start(() => undefined);
    // Each is stored, looked for in what was there before, taken in, and compared with it.
    expect(turns).toBe(4 * items.length);
  });

  it('counts what files define together, whatever comes and goes', async () => {
    const names = ['a', 'b', 'c'];
    const files = ['1.json', '2.json', '3.json'];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ file: fc.constantFrom(...files), defines: fc.option(fc.subarray(names)) }), {
          maxLength: 12,
        }),
        async (steps) => {
          const objects = new ManifestObjects();
          const contents = new Map<string, readonly string[]>();
          const known = new Map<string, string>();
          for (const [at, { file, defines }] of steps.entries()) {
            const text = defines === null ? undefined : defines.map((name) => service(name, `10.0.0.${String(at)}`));
            if (text === undefined) contents.delete(file);
            else contents.set(file, text);
            const stored =
              text === undefined
                ? undefined
                : await withPauses(storing(text.flatMap((one) => parseManifest(file, one))), undefined);
            const { batches } = await withPauses(objects.updating(new Map([[file, stored]])), undefined);
            for (const batch of batches) {
              if (batch.type !== 'delta') throw new Error('a change is told whole');
              for (const { type, object } of batch.events) {
                const name = object.metadata?.name ?? '';
                if (type === 'set') known.set(name, JSON.stringify(object));
                else expect(known.delete(name)).toBe(true);
              }
            }
            // The first file by name that defines an object counts.
            const expected = new Map<string, string>();
            for (const each of files.toReversed()) {
              for (const one of (contents.get(each) ?? []).flatMap((text) => parseManifest(each, text)))
                expected.set(one.object.metadata?.name ?? '', JSON.stringify(one.object));
            }
            const sorted = (of: ReadonlyMap<string, string>) => [...of].sort();
            expect(sorted(known)).toEqual(sorted(expected));
            expect(objects.counts.get('Service')).toBe(expected.size);
            const [services] = objects.snapshot();
            expect(services).toMatchObject({ kind: 'Service', type: 'replace' });
            expect(
              services?.type === 'replace' && services.objects.map((object) => JSON.stringify(object)).sort(),
            ).toEqual([...expected.values()].sort());
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('says so when there is no such folder', async () => {
    source = createManifestSource(join(folder, 'nothing'), {
      onError: () => undefined,
      onRecovered: () => undefined,
      onRepeated: () => undefined,
    });
    await expect(source.start(() => undefined)).rejects.toThrow(
      /nothing: cannot be read: ENOENT.*--manifests names a directory/,
    );
  });
});
