/**
 * Opens the file of an index of ids and pins: a cache of what a log says. One that is damaged or of another format is replaced by an empty one.
 *
 * It is synced at every transaction. Unsynced, it could be torn by a power cut, and nothing would find that out: each page would be intact, some of them old, and
 * an id that is missing would be committed a second time. Transactions are few (`log/write/fed-index.ts`). It has a rollback journal and no WAL: the shared memory
 * of a WAL is of one machine, and home directories are often shared by several.
 */

import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { LostStore } from '../../log/write/mark-store.ts';
import { betterSqlite3 } from '../connection/better-sqlite3.ts';
import { createFile } from '../connection/file-guard.ts';
import { isDamage, SqliteMarkStore } from './sqlite-mark-store.ts';

/** Changes with every change of the tables or of what is in them. */
const FORMAT = 1;
/** "CDIX". */
const APPLICATION_ID = 0x43444958;
/** Other processes write for milliseconds. */
const BUSY_MS = 5000;
const FULL = 2;
const OTHERS_MAY_WRITE = 0o022;

const TABLES = `
  CREATE TABLE fed (id INTEGER PRIMARY KEY CHECK (id = 1), position INTEGER, sequence INTEGER, hash BLOB, sessions INTEGER) STRICT;
  CREATE TABLE ids (id BLOB PRIMARY KEY, sequence INTEGER NOT NULL, hash BLOB NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE pins (session BLOB PRIMARY KEY, partition INTEGER NOT NULL, epoch INTEGER NOT NULL, last_seen REAL NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO fed VALUES (1, NULL, NULL, NULL, 0);
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${FORMAT};
`;

/** `directory` is made if it is not there. @throws the errors of the file system and of SQLite */
export function openMarkFile(directory: string, uuid: string): SqliteMarkStore {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  checkOwn(directory);
  const path = join(directory, `${uuid}.idx`);
  try {
    return open(path);
  } catch (error) {
    if (!(error instanceof LostStore || isDamage(error))) throw error;
    remove(path);
    return open(path);
  }
}

/** Who can write the index can make events pass for stored that are not. */
function checkOwn(directory: string): void {
  const uid = process.geteuid?.();
  const stats = statSync(directory);
  if (uid === undefined || (stats.uid === uid && (stats.mode & OTHERS_MAY_WRITE) === 0)) return;
  throw new LostStore(`${directory} can be written by other users`);
}

/** Who has it open goes on with what was there, and cannot write it any more: SQLite sees that the file was moved. */
function remove(path: string): void {
  rmSync(path, { force: true });
  rmSync(`${path}-journal`, { force: true });
}

const inodeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.ino;

function open(path: string): SqliteMarkStore {
  createFile(path);
  const inode = inodeOf(path);
  const driver = betterSqlite3();
  const db = new driver(path, { timeout: BUSY_MS, fileMustExist: true });
  try {
    db.pragma('trusted_schema = OFF');
    db.pragma('cell_size_check = ON');
    db.pragma('mmap_size = 0');
    db.pragma('temp_store = MEMORY');
    db.pragma(`synchronous = ${FULL}`);
    makeTables(db);
    return new SqliteMarkStore(db, () => {
      if (inodeOf(path) === inode) remove(path);
    });
  } catch (error) {
    db.close();
    throw error;
  }
}

function makeTables(db: Database.Database): void {
  if (isOurs(db)) return;
  db.transaction(() => {
    if (isOurs(db)) return;
    if (db.prepare('SELECT 1 FROM sqlite_schema').get() !== undefined) throw new LostStore('it has another format');
    db.exec(TABLES);
  }).immediate();
}

function isOurs(db: Database.Database): boolean {
  const read = (name: string) => db.pragma(name, { simple: true });
  return read('application_id') === APPLICATION_ID && read('user_version') === FORMAT;
}
