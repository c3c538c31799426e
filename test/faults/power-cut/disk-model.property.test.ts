/** The laws of the modelled disk: what was synced is there after every power cut, and of the rest there is nothing that was never written. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Seeded } from '../../support/seeded.ts';
import { quick } from '../../support/test-size.ts';
import { type DiskImage, DiskModel, type FileImage } from './disk-model.ts';
import { type Call, logRecord, parseLog, type SyncEnd } from './recording.ts';
import { drawState } from './states.ts';
import { MODES, type Mode, survivorsOf } from './survivors.ts';

const FILE = { path: 'a', file: 7 } as const;
const create: Call = { kind: 'create', ...FILE };
const start: Call = { kind: 'start' };
const write = (offset: number, bytes: number, value: number): Call => ({
  kind: 'write',
  ...FILE,
  offset,
  data: Buffer.alloc(bytes, value),
});
const sync = (end: SyncEnd = 'synced'): Call => ({ kind: 'sync', ...FILE, end });
const syncDirectory = (end: SyncEnd = 'synced'): Call => ({ kind: 'sync directory', path: '', end });

function cut(calls: readonly Call[], mode: Mode, seed = 1): DiskImage {
  return DiskModel.after(calls, calls.length).cut(survivorsOf(mode, new Seeded(seed), calls.length));
}

const contentOf = ({ root }: DiskImage, name: string = FILE.path) => (root.get(name) as FileImage | undefined)?.content;
const namesOf = ({ root }: DiskImage) => [...root.keys()].sort();

const calls = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.tuple(fc.nat(9000), fc.integer({ min: 1, max: 6000 }), fc.integer({ min: 1, max: 255 })),
    },
    { weight: 2, arbitrary: fc.constant('sync' as const) },
    { weight: 1, arbitrary: fc.nat(12_000) },
  ),
  { maxLength: 12 },
);

const toCall = (step: [number, number, number] | 'sync' | number): Call => {
  if (step === 'sync') return sync();
  return typeof step === 'number' ? { kind: 'size', ...FILE, bytes: step } : write(...step);
};

/** The contents that a file had, after its last sync and after each later call. */
function contentsSince(steps: readonly Call[]): Buffer[] {
  const cuts = Array.from({ length: steps.length + 1 }, (_, length) => steps.slice(0, length));
  const last = steps.findLastIndex(({ kind }) => kind === 'sync');
  return cuts
    .slice(last + 1)
    .map((some) => contentOf(cut([create, ...some, syncDirectory()], 'everything survives')) as Buffer);
}

/** Those that leave bytes which nobody has written. */
const INVENTING: readonly Mode[] = ['garbage'];

/** The first byte that is none of those that were there since the last sync. A size may be there without its data, and reads as zeros. */
function wrongByte(
  found: Buffer,
  contents: readonly Buffer[],
  isInvented: boolean,
): { at: number; byte: number } | null {
  for (const [at, byte] of found.entries()) {
    const first = contents[0]?.[at];
    const isChanged = contents.some((content) => content[at] !== first);
    const mayBe = isChanged && (isInvented || byte === 0 || contents.some((content) => content[at] === byte));
    if (isChanged ? !mayBe : byte !== first) return { at, byte };
  }
  return null;
}

describe('a modelled disk', () => {
  it('has every byte that was synced, and no other byte than one that was there since', () => {
    fc.assert(
      fc.property(calls, fc.constantFrom(...MODES), fc.nat(), (steps, mode, seed) => {
        const file = steps.map(toCall);
        const found = contentOf(cut([create, start, ...file], mode, seed)) as Buffer;
        // a byte at a time, so without an assertion for each: 1,000 runs took two minutes with them
        expect(wrongByte(found, contentsSince(file), INVENTING.includes(mode))).toBeNull();
      }),
      { numRuns: quick(40, 1000) },
    );
  });

  it('has exactly what was synced, in every mode', () => {
    const steps = [create, write(0, 5000, 1), write(100, 20, 2), sync(), syncDirectory()];
    const wanted = Buffer.concat([Buffer.alloc(100, 1), Buffer.alloc(20, 2), Buffer.alloc(4880, 1)]);
    for (const mode of MODES) {
      const image = cut(steps, mode);
      expect({ pending: image.pending, isReduced: image.isReduced }).toEqual({ pending: 0, isReduced: false });
      expect(contentOf(image)?.equals(wanted), mode).toBe(true);
    }
  });

  it('does not have the name of a file that was synced in a directory that was not', () => {
    const steps = [create, write(0, 10, 1), sync()];
    expect(namesOf(cut(steps, 'data without names'))).toEqual([]);
    expect(namesOf(cut([...steps, syncDirectory('skipped')], 'nothing survives'))).toEqual([]);
    expect(namesOf(cut([...steps, syncDirectory('failed')], 'nothing survives'))).toEqual([]);
    expect(namesOf(cut([...steps, syncDirectory()], 'nothing survives'))).toEqual(['a']);
  });

  it('has a renamed file under its old name or its new one, with what was synced of it', () => {
    const steps: Call[] = [
      create,
      write(0, 4, 1),
      sync(),
      syncDirectory(),
      write(0, 4, 2),
      { kind: 'rename', path: 'a', to: 'b' },
    ];
    expect(namesOf(cut(steps, 'nothing survives'))).toEqual(['a']);
    const renamed = cut(steps, 'names without data');
    expect(namesOf(renamed)).toEqual(['b']);
    expect(contentOf(renamed, 'b')).toEqual(Buffer.alloc(4, 1));
  });

  it('has one file under all its names', () => {
    const linked = cut([create, { kind: 'link', path: 'a', to: 'b' }], 'everything survives').root;
    expect(linked.get('a')).toBe(linked.get('b'));
  });

  it('keeps the files of a number that is used again apart', () => {
    const steps: Call[] = [create, write(0, 4, 1), { kind: 'unlink', path: 'a' }, { ...create, path: 'b' }];
    expect(contentOf(cut(steps, 'everything survives'), 'b')).toEqual(Buffer.alloc(0));
  });

  it('never writes pages whose sync has failed, unless they are written again', () => {
    const failed = [create, syncDirectory(), write(0, 4096, 1), sync('failed')];
    const later = [...failed, write(4096, 4096, 2), sync()];
    expect(contentOf(cut(later, 'nothing survives'))).toEqual(
      Buffer.concat([Buffer.alloc(4096), Buffer.alloc(4096, 2)]),
    );
    expect(contentOf(cut(later, 'everything survives'))?.[0]).toBe(1);
    const again = [...failed, write(0, 4096, 1), write(4096, 4096, 2), sync()];
    for (const mode of MODES)
      expect(contentOf(cut(again, mode))).toEqual(Buffer.concat([Buffer.alloc(4096, 1), Buffer.alloc(4096, 2)]));
  });

  it('writes a dirty page as a whole, with what a failed sync has left in it', () => {
    const steps = [create, syncDirectory(), write(0, 100, 1), sync('failed'), write(200, 100, 2), sync()];
    expect(contentOf(cut(steps, 'nothing survives'))).toEqual(
      Buffer.concat([Buffer.alloc(100, 1), Buffer.alloc(100), Buffer.alloc(100, 2)]),
    );
  });
});

describe('states', () => {
  const steps = [create, syncDirectory(), start, write(0, 5000, 1), sync(), write(0, 5000, 2), sync()];

  it('are repeated by their seed', () => {
    for (let seed = 0; seed < 50; seed++) {
      const [one, other] = [drawState(steps, seed), drawState(steps, seed)];
      expect({ ...one, image: null }).toEqual({ ...other, image: null });
      expect(contentOf(one.image)?.equals(contentOf(other.image) as Buffer)).toBe(true);
    }
  });

  it('all take something away, or keep something that was not synced', () => {
    const seen = new Set<Mode>();
    for (let seed = 0; seed < 200; seed++) {
      const { mode, image } = drawState(steps, seed);
      seen.add(mode);
      expect(image.pending).toBeGreaterThan(0);
      if (mode !== 'everything survives') expect(image.isReduced).toBe(true);
    }
    expect(seen).toEqual(new Set(MODES.filter((mode) => mode !== 'data without names')));
  });

  it('are drawn of the moments at which something waits for a sync', () => {
    for (let count = 0; count <= steps.length; count++) {
      const disk = DiskModel.after(steps, count);
      const { pending } = disk.cut(survivorsOf('everything survives', new Seeded(1), count));
      expect(disk.hasPending, `after ${count} calls`).toBe(pending > 0);
    }
  });

  it('are refused where nothing can be lost', () => {
    expect(() => drawState([create, sync(), syncDirectory(), start, sync()], 1)).toThrow('took nothing away');
  });
});

describe('a recording', () => {
  it('with a call that was not recorded is refused', () => {
    const log = Buffer.concat([logRecord('C', 'a', { file: 7 }), logRecord('!', 'copy_file_range')]);
    expect(() => parseLog(log)).toThrow('the recording is not complete: copy_file_range');
  });

  it('has calls in their order', () => {
    const data = Buffer.from('xyz');
    const log = Buffer.concat([
      logRecord('C', 'a', { file: 7 }),
      logRecord('W', 'a', { file: 7, place: 9, data }),
      logRecord('S', 'a', { file: 7, place: 1 }),
    ]);
    expect(parseLog(log)).toEqual([create, { kind: 'write', ...FILE, offset: 9, data }, sync('failed')]);
  });
});
