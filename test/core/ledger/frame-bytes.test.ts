/** Bytes per partition, exact or from a sample. */

import Database from 'better-sqlite3';
import { expect, it, onTestFinished, vi } from 'vitest';
import { FRAME_LIMITS, frameBytes } from '../../../src/core/ledger/sqlite/read/frame-bytes.ts';
import { ledgerPath, openEngine } from '../../support/engines.ts';

it('is exact up to a number of frames, and reckoned from a sample beyond it', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, partitions: 1, durability: 'normal' });
  for (let n = 0; n < 300; n++) await engine.emit({ n, pad: 'x'.repeat(n % 50) });
  const db = new Database(ledger, { readonly: true });
  onTestFinished(() => void db.close());
  const exact = db.prepare('SELECT sum(length(body)) FROM p0').pluck().get() as number;
  expect(frameBytes(db, 0, 300, { ...FRAME_LIMITS, frames: 300 }, 1)).toEqual({
    bytes: exact,
    storedBytes: exact,
    isEstimate: false,
  });
  const { bytes, isEstimate } = frameBytes(db, 0, 300, { ...FRAME_LIMITS, frames: 299 }, 1);
  expect(isEstimate).toBe(true);
  expect(Math.abs(bytes / exact - 1)).toBeLessThan(0.02);
});

it('reads no more pages than it may: a large body leaves a page to its row, and small ones share it', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, partitions: 2, routing: 'manual:p', durability: 'normal' });
  for (let n = 0; n < 200; n++) {
    await engine.emit({ p: 'p0', pad: 'x'.repeat(20_000) });
    await engine.emit({ p: 'p1' });
  }
  const db = new Database(ledger, { readonly: true });
  onTestFinished(() => void db.close());
  const get = vi.spyOn(Object.getPrototypeOf(db.prepare('SELECT 1')), 'get');
  onTestFinished(() => get.mockRestore());
  const limits = { frames: 1000, pages: 300, samples: 80 };
  expect(frameBytes(db, 1, 200, limits, 2).isEstimate).toBe(false);
  get.mockClear();
  const { isEstimate, storedBytes } = frameBytes(db, 0, 200, limits, 2);
  expect(isEstimate).toBe(true);
  expect(storedBytes / 200).toBeCloseTo(20_030, -2);
  // sums of at most 64 and 150 frames, one more each to see whether there are more; then the ends, and 40 of 80 samples
  expect(get.mock.calls.flat().slice(0, 2)).toEqual([65, 151]);
  expect(get).toHaveBeenCalledTimes(2 + 1 + 40);
  get.mockClear();
  // 200 where 65 are allowed: it is not tried whether there are fewer
  expect(frameBytes(db, 0, 200, { ...limits, pages: 130 }, 2).isEstimate).toBe(true);
  expect(get).toHaveBeenCalledTimes(1 + 1 + 40);
  expect(frameBytes(db, 0, 200, { ...limits, pages: 400 }, 2).isEstimate).toBe(false);
});

it('of an empty partition is nothing', async () => {
  const ledger = ledgerPath();
  await openEngine({ ledger, partitions: 1 });
  const db = new Database(ledger, { readonly: true });
  onTestFinished(() => void db.close());
  expect(frameBytes(db, 0, 0, FRAME_LIMITS, 1)).toEqual({ bytes: 0, storedBytes: 0, isEstimate: false });
});

it('are a size, whatever damage has put into the rows', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, partitions: 1, compression: 'zstd' });
  for (let n = 0; n < 3; n++) await engine.emit({ n, pad: 'x'.repeat(1000) });
  await engine.close();
  const db = new Database(ledger);
  onTestFinished(() => void db.close());
  db.exec('UPDATE p0 SET plain_bytes = CASE sequence WHEN 1 THEN -9 ELSE 9223372036854775807 END');
  const { bytes, storedBytes } = frameBytes(db, 0, 3, FRAME_LIMITS, 1);
  expect(bytes).toBe(2 * 64 * 1024 * 1024);
  expect(storedBytes).toBeLessThan(400);
});
