/** Bytes per partition, exact or from a sample. */

import Database from 'better-sqlite3';
import { expect, it, onTestFinished } from 'vitest';
import { frameBytes } from '../../../src/core/ledger/sqlite/read/frame-bytes.ts';
import { ledgerPath, openEngine } from '../../support/engines.ts';

it('is exact up to a number of frames, and reckoned from a sample beyond it', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, partitions: 1, durability: 'normal' });
  for (let n = 0; n < 300; n++) await engine.emit({ n, pad: 'x'.repeat(n % 50) });
  const db = new Database(ledger, { readonly: true });
  onTestFinished(() => void db.close());
  const exact = db.prepare('SELECT sum(length(body)) FROM p0').pluck().get() as number;
  expect(frameBytes(db, 0, 300, 300)).toEqual({ bytes: exact, storedBytes: exact, isEstimate: false });
  const { bytes, isEstimate } = frameBytes(db, 0, 300, 299);
  expect(isEstimate).toBe(true);
  expect(Math.abs(bytes / exact - 1)).toBeLessThan(0.02);
});

it('of an empty partition is nothing', async () => {
  const ledger = ledgerPath();
  await openEngine({ ledger, partitions: 1 });
  const db = new Database(ledger, { readonly: true });
  onTestFinished(() => void db.close());
  expect(frameBytes(db, 0, 0, 10)).toEqual({ bytes: 0, storedBytes: 0, isEstimate: false });
});

it('are a size, whatever damage has put into the rows', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, partitions: 1, compression: 'zstd' });
  for (let n = 0; n < 3; n++) await engine.emit({ n, pad: 'x'.repeat(1000) });
  await engine.close();
  const db = new Database(ledger);
  onTestFinished(() => void db.close());
  db.exec('UPDATE p0 SET plain_bytes = CASE sequence WHEN 1 THEN -9 ELSE 9223372036854775807 END');
  const { bytes, storedBytes } = frameBytes(db, 0, 3, 10);
  expect(bytes).toBe(2 * 64 * 1024 * 1024);
  expect(storedBytes).toBeLessThan(400);
});
