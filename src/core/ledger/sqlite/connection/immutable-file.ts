/**
 * A ledger on read-only media, or in a directory that one may not write: SQLite cannot make the -wal and -shm that reading in WAL mode needs, so the file is
 * opened as one that nobody writes (`immutable=1`). SQLite then takes no locks, and would not see a writer: so each use checks that there was none.
 */

import { statSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { LedgerError } from '../../../model/ledger-error.ts';
import { shellWord } from '../../../model/text/shell-word.ts';
import { fileBytes } from './file-guard.ts';

const SCHEME = 'file://';
const QUERY = '?immutable=1';

/** The name under which SQLite opens an absolute path so. */
export function immutableName(path: string): string {
  return SCHEME + path.split('/').map(encodeURIComponent).join('/') + QUERY;
}

export function isImmutable(db: Database.Database): boolean {
  return db.name.startsWith(SCHEME);
}

/** The path of a connection's file. */
export function databasePath(db: Database.Database): string {
  return isImmutable(db) ? decodeURIComponent(db.name.slice(SCHEME.length, -QUERY.length)) : db.name;
}

/** Whether SQLite has taken the name of a path without links for a URI: a program that loads better-sqlite3 first decides that for the whole process. */
export function isOpenedAs(db: Database.Database, path: string): boolean {
  const [main] = db.pragma('database_list') as { file: string }[];
  return main?.file === path;
}

/** Refuses a log with commits that are not in the file yet: SQLite would ignore it. @throws LedgerError PERMISSION_DENIED */
export function refuseLog(path: string): void {
  const log = ['-wal', '-journal'].map((end) => path + end).find((each) => fileBytes(each) > 0);
  if (log === undefined) return;
  throw new LedgerError('PERMISSION_DENIED', {
    message: `${log} has what is not in the ledger yet, and to read it SQLite must make files in a directory that cannot be written`,
    hint: `copy both to a directory of yours, and read the copy: cp ${shellWord(path)} ${shellWord(log)} DIRECTORY`,
    details: { path, log },
  });
}

/** The error of following a file that must not change. */
export function cannotFollow(path: string): LedgerError {
  return new LedgerError('PERMISSION_DENIED', {
    message: `${path} cannot be followed: its directory cannot be written, so it is read as a file that nobody writes`,
    hint: 'leave out `follow`, or run it as a user who may write the directory',
    details: { path },
  });
}

/** State of a file that must not change while it is read. */
export class UnchangedFile {
  readonly #path: string;
  readonly #before: string;

  constructor(path: string) {
    this.#path = path;
    this.#before = markOf(path);
  }

  /** Called after each use, before its result is handed out. @throws LedgerError BUSY if there was a writer */
  check(): void {
    if (markOf(this.#path) === this.#before) return;
    throw new LedgerError('BUSY', {
      message: `${this.#path} was written while it was read without locks, because its directory cannot be written`,
      hint: 'run it again; or make a copy with backup as the user who owns the ledger, and read that',
      details: { path: this.#path },
    });
  }
}

/** Also by the log: commits go there first. */
function markOf(path: string): string {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  const logs = ['-wal', '-journal'].map((end) => fileBytes(path + end));
  return [stats?.dev, stats?.ino, stats?.size, stats?.mtimeNs, ...logs].join(':');
}
