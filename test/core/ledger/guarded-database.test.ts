/** Tests that a guarded connection holds the write lock for the whole of a transaction, and that it stops writing after an I/O error. */

import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { betterSqlite3 } from '../../../src/core/ledger/sqlite/connection/better-sqlite3.ts';
import { GuardedDatabase } from '../../../src/core/ledger/sqlite/connection/guarded-database.ts';
import { LedgerError } from '../../../src/core/model/ledger-error.ts';
import { failureOf } from '../../support/engines.ts';
import { tempDir } from '../../support/temp-dir.ts';

/** The driver as the engine loads it, so that its errors are recognized. */
const Database = betterSqlite3();

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
  const guarded = new GuardedDatabase(db, { path, busyLimit: { limitMs: 0 }, onRollBack: () => {}, unchanged: null });
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

it.each(['SQLITE_IOERR_WRITE', 'SQLITE_IOERR_FSYNC', 'SQLITE_CORRUPT'])(
  'after %s it writes no more over what that left, and still reads',
  async (code) => {
    const { guarded, isLocked } = opened();
    const failing = guarded.write(() => {
      throw new Database.SqliteError('injected', code);
    });
    await expect(failing).rejects.toBeInstanceOf(LedgerError);
    await failureOf(() => guarded.write(isLocked), 'CLOSED');
    await failureOf(() => guarded.begin(), 'CLOSED');
    expect(await guarded.read(() => 'read')).toBe('read');
    expect(isLocked()).toBe(false);
  },
);

it('after a failed read it writes on', async () => {
  const { guarded, isLocked } = opened();
  const failing = guarded.read(() => {
    throw new Database.SqliteError('injected', 'SQLITE_IOERR_READ');
  });
  await expect(failing).rejects.toBeInstanceOf(LedgerError);
  expect(await guarded.write(isLocked)).toBe(true);
});
