import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { partialOf, publish } from '../../../../src/core/ledger/sqlite/archive/segment-store.ts';
import { tempDir } from '../../../support/temp-dir.ts';

const busy = expect.objectContaining({ code: 'BUSY', message: expect.stringMatching(/^another process has archived/) });
const segmentIn = (directory: string) => join(directory, 'aaaaaaaa-000000000001-000000000009.segment');

test('a segment that another archive has stored meanwhile is kept, and this run is busy', async () => {
  const path = segmentIn(tempDir());
  writeFileSync(path, 'theirs');
  writeFileSync(partialOf(path), 'ours');
  await expect(publish(path)).rejects.toEqual(busy);
  expect(readFileSync(path, 'utf8')).toBe('theirs');
  expect(existsSync(partialOf(path))).toBe(false);
});

test('so is a run whose file another archive has replaced and named', async () => {
  const path = segmentIn(tempDir());
  await expect(publish(path)).rejects.toEqual(busy);
  expect(existsSync(path)).toBe(false);
});
