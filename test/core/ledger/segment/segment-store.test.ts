import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PartialSegment, partialOf } from '../../../../src/core/ledger/sqlite/archive/segment-store.ts';
import { SegmentWriter } from '../../../../src/core/ledger/sqlite/segment/segment-writer.ts';
import { tempDir } from '../../../support/temp-dir.ts';

const busy = (fact: RegExp) => expect.objectContaining({ code: 'BUSY', message: expect.stringMatching(fact) });
const segmentIn = (directory: string) => join(directory, 'aaaaaaaa-000000000001-000000000009.segment');
const open = (path: string) => PartialSegment.open(path, (partial) => new SegmentWriter(partial, Buffer.alloc(32), []));

test('a segment that another archive has stored meanwhile is kept, and this run is busy', async () => {
  const path = segmentIn(tempDir());
  const partial = open(path);
  writeFileSync(path, 'theirs');
  await expect(partial.publish()).rejects.toEqual(busy(/^another process has archived/));
  expect(readFileSync(path, 'utf8')).toBe('theirs');
  expect(existsSync(partialOf(path))).toBe(false);
});

test('so is a run whose file was removed', async () => {
  const path = segmentIn(tempDir());
  const partial = open(path);
  rmSync(partialOf(path));
  await expect(partial.publish()).rejects.toEqual(busy(/^another process has archived/));
  expect(existsSync(path)).toBe(false);
});

test('a file is locked until it has its name, or is discarded', async () => {
  const path = segmentIn(tempDir());
  const first = open(path);
  expect(() => open(path)).toThrow(busy(/^another process is archiving/));
  first.discard();
  expect(existsSync(partialOf(path))).toBe(false);
  const second = open(path);
  expect(() => open(path)).toThrow(busy(/^another process is archiving/));
  await second.publish();
  expect(existsSync(partialOf(path))).toBe(false);
  open(path).discard();
  expect(existsSync(path)).toBe(true);
});
