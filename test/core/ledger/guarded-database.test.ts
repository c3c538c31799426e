/** Tests that a guarded connection holds the write lock for the whole of a transaction: what its work reads cannot change before it commits. */

import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it, onTestFinished } from 'vitest';
import { GuardedDatabase } from '../../../src/core/ledger/sqlite/connection/guarded-database.ts';
import { tempDir } from '../../support/temp-dir.ts';

/** A guarded connection, and whether another one would have to wait to write. */
function opened() {
  const path = join(tempDir(), 'any.db');
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  const other = new Database(path, { timeout: 0 });
  onTestFinished(() => {
    other.close();
    db.close();
  });
  const guarded = new GuardedDatabase(db, { path, busyLimit: { limitMs: 0 }, onRollBack: () => {} });
  const isLocked = (): boolean => {
    try {
      other.exec('BEGIN IMMEDIATE; ROLLBACK');
      return false;
    } catch (error) {
      expect(error).toMatchObject({ code: 'SQLITE_BUSY' });
      return true;
    }
  };
  return { guarded, isLocked };
}

it('a write locks before its work begins, until it is committed', async () => {
  const { guarded, isLocked } = opened();
  expect(await guarded.write(isLocked)).toBe(true);
  expect(isLocked()).toBe(false);
});

it('a write that is not kept, or that fails, leaves no lock', async () => {
  const { guarded, isLocked } = opened();
  await guarded.write(isLocked, () => false);
  expect(isLocked()).toBe(false);
  const failing = guarded.write(() => {
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(isLocked()).toBe(false);
});

it('a transaction of several parts locks from its beginning to its end', async () => {
  const { guarded, isLocked } = opened();
  await guarded.begin();
  expect(isLocked()).toBe(true);
  expect(await guarded.within(isLocked)).toBe(true);
  guarded.end();
  expect(isLocked()).toBe(false);
});
