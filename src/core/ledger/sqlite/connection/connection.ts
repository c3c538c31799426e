/** Opens one SQLite connection with the settings a ledger needs, and reads each back: better-sqlite3 opens WAL files at NORMAL. */

import type Database from 'better-sqlite3';
import type { Durability } from '../../../model/config.ts';
import { LedgerError } from '../../../model/ledger-error.ts';
import { betterSqlite3 } from './better-sqlite3.ts';
import { databasePath, immutableName, isOpenedAs } from './immutable-file.ts';

/** Larger pages and a small WAL were the fastest in measurements: decisions/0002. */
export const PAGE_BYTES = 16384;
/** Pages in the -wal at which it is written back. */
export const WAL_PAGES = 500;

/** Value of `auto_vacuum` that keeps a map of the pages, by which free ones at any place can be given back. */
const INCREMENTAL = 2;

/** Page cache of a connection that mostly reads or writes from one end to the other, in KiB: better-sqlite3's 16 MB would fill up with pages that are not needed again. */
export const SEQUENTIAL_CACHE_KIB = 4096;

export interface ConnectionOptions {
  readonly isReadOnly: boolean;
  /** Excludes all other connections from the first statement on, which fails with SQLITE_BUSY if there are any. */
  readonly isAlone?: boolean | undefined;
}

/** Opens a connection that never waits for locks: `busy.ts` does. */
export function connect(path: string, options: ConnectionOptions): Database.Database {
  return open(path, options);
}

/** Opens a file that nobody writes, without locks and without files beside it. `path`: absolute, links resolved. Null if this process cannot. */
export function connectImmutable(path: string): Database.Database | null {
  let db: Database.Database;
  try {
    db = open(immutableName(path), { isReadOnly: true });
  } catch {
    return null;
  }
  if (isOpenedAs(db, path)) return db;
  db.close();
  return null;
}

/** `name`: as SQLite takes it. */
function open(name: string, options: ConnectionOptions): Database.Database {
  const driver = betterSqlite3();
  const db = new driver(name, { timeout: 0, fileMustExist: true, readonly: options.isReadOnly });
  try {
    // Before any other statement: that would open the -wal in shared mode, and the lock would come too late.
    if (options.isAlone === true) db.pragma('locking_mode = EXCLUSIVE');
    db.pragma('foreign_keys = ON');
    db.pragma('trusted_schema = OFF');
    db.pragma('cell_size_check = ON');
    db.pragma('mmap_size = 0');
    db.pragma('recursive_triggers = OFF');
    db.pragma('temp_store = MEMORY');
    if (options.isReadOnly) db.pragma(`cache_size = -${SEQUENTIAL_CACHE_KIB}`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Writes without waiting for the disk: for a file that is synced as a whole before anything refers to it. @throws LedgerError INTERNAL if it was ignored */
export function doNotSync(db: Database.Database): void {
  db.pragma('synchronous = OFF');
  expectSetting(db, 'synchronous', 0);
}

/** Sets how commits reach the disk, on readers too: the last connection to close writes the WAL back. */
export function applyDurability(db: Database.Database, durability: Durability): void {
  const level = durability === 'full' ? 2 : 1;
  db.pragma(`wal_autocheckpoint = ${WAL_PAGES}`);
  db.pragma('journal_size_limit = 67108864');
  db.pragma(`synchronous = ${level}`);
  // The default of a WAL file takes effect with the first statement, so the value is read after one.
  db.prepare('SELECT 1 FROM sqlite_schema').get();
  expectSetting(db, 'synchronous', level);
  expectSetting(db, 'foreign_keys', 1);
  expectSetting(db, 'trusted_schema', 0);
  expectSetting(db, 'cell_size_check', 1);
}

/**
 * Lets a new file give free pages back. Must come before WAL mode and before the first table: later SQLite ignores it without an error.
 * @throws LedgerError INTERNAL if it was ignored
 */
export function enableGivingBack(db: Database.Database): void {
  db.pragma(`auto_vacuum = ${INCREMENTAL}`);
  expectSetting(db, 'auto_vacuum', INCREMENTAL);
}

/** Applies the settings for writing. The file must be in WAL mode, or empty. */
export function prepareForWriting(db: Database.Database, durability: Durability): void {
  setWal(db);
  applyDurability(db, durability);
}

/** @throws LedgerError NOT_A_LEDGER if the file system cannot */
export function setWal(db: Database.Database): void {
  const mode = db.pragma('journal_mode = WAL', { simple: true });
  if (mode !== 'wal') {
    throw new LedgerError('NOT_A_LEDGER', {
      message: `${databasePath(db)} cannot be in WAL mode (it is ${String(mode)})`,
      hint: 'keep the ledger on a local file system',
    });
  }
}

function expectSetting(db: Database.Database, name: string, wanted: number): void {
  const value = db.pragma(name, { simple: true });
  if (value === wanted) return;
  throw new LedgerError('INTERNAL', {
    message: `SQLite's ${name} is ${String(value)} and not ${wanted}`,
    hint: 'please report this with your system and versions',
  });
}
