/** Creates and opens the file of a ledger, and refuses anything else at its path. */

import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Database } from 'better-sqlite3';
import type { LedgerBlueprint } from '../../../model/config.ts';
import { isNoSpace, systemErrorCode } from '../../../model/disk-error.ts';
import { LedgerError } from '../../../model/ledger-error.ts';
import { shellFlag, shellWord } from '../../../model/text/shell-word.ts';
import type { Clock } from '../../../model/time/clock.ts';
import { checkClockTime } from '../../../model/time/commit-time.ts';
import { loadBlake3 } from '../../../native/blake3.ts';
import { loadZstd } from '../../../native/zstd.ts';
import type { BusyLimit } from '../../driver.ts';
import { SEGMENT_APPLICATION_ID } from '../segment/segment-schema.ts';
import { SqliteLedger, type SqliteLedgerParts } from '../sqlite-ledger.ts';
import { betterSqlite3 } from './better-sqlite3.ts';
import { retryWhileBusy } from './busy.ts';
import { checkHead, checkSettings } from './check-head.ts';
import { applyDurability, connect, connectImmutable, prepareForWriting } from './connection.ts';
import { createLedger } from './create.ts';
import { createWhole } from './create-whole.ts';
import { createFile, type FileIdentity, fileBytes, fileExists, guardFile, guardIdentity } from './file-guard.ts';
import { notALedger } from './foreign-file.ts';
import { readIdentity } from './identity.ts';
import { refuseLog, UnchangedFile } from './immutable-file.ts';
import { ledgerPath } from './ledger-path.ts';
import { APPLICATION_ID, FORMAT, isEmptyDatabase } from './schema.ts';
import { looksLikeLedger, schemaDifference } from './schema-check.ts';
import { secureAlone, secureBeside } from './secure-wal.ts';
import { syncDirectoryNow } from './sync-file.ts';
import { isUnmakeable, translateError } from './translate-error.ts';

/** Bytes of the header of a SQLite database. */
const HEADER_BYTES = 100;
const FOREIGN = 'it is a SQLite database of something else';
const UNMARKED = 'it has the tables of one, and not its marks in the header, as after .dump and restore';
const MARKS = `PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT}`;

export interface OpeningOptions {
  readonly access: 'read' | 'write';
  readonly busyLimit: BusyLimit;
  /** Directory of the archive; default: beside the ledger, by its name. */
  readonly archive?: string | undefined;
  /** The file that must be at the path; default: any. */
  readonly file?: FileIdentity | undefined;
}

/** Creates a ledger. @throws LedgerError LEDGER_EXISTS, CANNOT_CREATE, CANNOT_LOAD */
export async function createSqliteLedger(
  path: string,
  blueprint: LedgerBlueprint,
  clock: Clock,
  busyLimit: BusyLimit,
): Promise<void> {
  loadNative();
  if (blueprint.config.compression !== null) loadZstd();
  const now = clock.nowMicros();
  checkClockTime(now);
  const file = ledgerPath(path);
  const make = (db: Database, isSyncedAfter: boolean) => createLedger(db, blueprint, now, { isSyncedAfter });
  if (await createWhole(file, (temporary) => inDatabase(temporary, busyLimit, (db) => void make(db, true), file)))
    return;
  // An existing file may be one whose creation was interrupted.
  const isNew = createFile(file);
  if (!isNew) {
    guardFile(file, { write: true });
    // SQLite treats a file of a few bytes as empty, and they would be lost.
    const bytes = fileBytes(file);
    if (bytes > 0 && bytes < HEADER_BYTES) {
      throw notALedger(file, undefined);
    }
  }
  const found = await inDatabase(file, busyLimit, (db) => {
    if (isEmptyDatabase(db) && make(db, false)) return null;
    return isOurs(db)
      ? { fact: '', hint: 'use it, or name another file with `ledger`' }
      : { fact: `: ${FOREIGN}`, hint: 'name another file with `ledger`' };
  });
  if (found === null) return;
  throw new LedgerError('LEDGER_EXISTS', {
    message: `${file} exists already${found.fact}`,
    hint: found.hint,
    details: { path: file },
  });
}

/** Called before any file is created: the next run would refuse an empty file that was left. */
function loadNative(): void {
  betterSqlite3();
  loadBlake3();
}

/** `named`: path that errors name. */
async function inDatabase<Result>(
  path: string,
  busyLimit: BusyLimit,
  work: (db: Database) => Result,
  named = path,
): Promise<Result> {
  try {
    return await retryWhileBusy(
      () => {
        const db = connect(path, { isReadOnly: false });
        try {
          return work(db);
        } finally {
          db.close();
        }
      },
      busyLimit,
      named,
    );
  } catch (error) {
    throw translateError(error, named, 'open');
  }
}

export function sqliteLedgerExists(path: string): boolean {
  return fileExists(ledgerPath(path));
}

/** Opens an existing ledger. @throws LedgerError NO_LEDGER, NOT_A_LEDGER, NEWER_FORMAT, HARD_LINKED, PERMISSION_DENIED, DAMAGED_LEDGER, CANNOT_LOAD */
export async function openSqliteLedger(path: string, options: OpeningOptions): Promise<SqliteLedger> {
  loadNative();
  const resolved = ledgerPath(path);
  const file = guardFile(resolved, { write: options.access === 'write' });
  if (options.file !== undefined) guardIdentity(resolved, options.file);
  const isWritable = options.access === 'write' || canWrite(resolved);
  // If this process has a connection to it, the -wal was secured when that one was opened, and cannot have been recovered since.
  const wal =
    options.file === undefined && isWritable ? { path: resolved, isRequired: options.access === 'write' } : null;
  const kept: { db: Database | null } = { db: null };
  try {
    const ledger = await retryWhileBusy(
      () => {
        if (kept.db === null) {
          if (wal !== null) secureAlone(wal, (alone) => checkLeft(alone, resolved, options));
          kept.db = connectChecked(resolved, file, isWritable);
        }
        // The connection is kept from attempt to attempt, so that a writer is waited for as in every commit.
        if (wal !== null) secureBeside(kept.db, wal);
        return open(kept.db, resolved, file, options);
      },
      options.busyLimit,
      resolved,
    );
    if (wal?.isRequired === true) syncNames(resolved);
    return ledger;
  } catch (error) {
    kept.db?.close();
    const immutable = options.access === 'read' && isUnmakeable(error) ? openImmutable(resolved, file, options) : null;
    if (immutable !== null) return immutable;
    throw translateError(error, resolved, 'open');
  }
}

/**
 * Makes the names of the ledger and of its -wal durable before anything is committed to it. SQLite syncs the directory, too, with the first commit, and
 * passes over a failure of that: a power failure then took the -wal, with all commits that were acknowledged.
 */
function syncNames(path: string): void {
  try {
    // SQLite's files are beside the target of a link
    syncDirectoryNow(dirname(realpathSync(path)));
  } catch (error) {
    const code = systemErrorCode(error);
    const isFull = isNoSpace(error);
    throw new LedgerError(isFull ? 'DISK_FULL' : 'IO_FAILED', {
      message: `the directory of ${path} cannot be synced: ${isFull ? 'the disk is full' : `an I/O error (${code})`}`,
      hint: 'look at the disk and its free space; nothing was committed',
      details: { path, code },
      cause: error,
    });
  }
}

function checkLeft(db: Database, path: string, options: OpeningOptions): void {
  checkFormat(db, path);
  // A -wal of another ledger must be detected before it is written into this one; a reader may read up to the broken commit.
  if (options.access === 'write') checkHead(db);
}

function connectChecked(path: string, file: FileIdentity, isWritable: boolean): Database {
  const db = connect(path, { isReadOnly: !isWritable });
  try {
    // The file may have been replaced between the check and the opening.
    guardIdentity(path, file);
    checkFormat(db, path);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function open(db: Database, path: string, file: FileIdentity, options: OpeningOptions): SqliteLedger {
  const identity = readIdentity(db, path);
  const { durability, compression } = identity.config;
  if (options.access === 'write') {
    // an emitter must learn now that it cannot compress, and not after it has read its input
    if (compression !== null) loadZstd();
    prepareForWriting(db, durability);
    checkHead(db);
  } else {
    applyDurability(db, durability);
    db.pragma('query_only = ON');
    checkSettings(db, identity.config);
  }
  return new SqliteLedger(db, file, identity, partsOf(path, file, null, options));
}

/** Opens a file that nobody writes. Null if SQLite cannot open one so in this process. @throws LedgerError PERMISSION_DENIED if a log is beside it, BUSY if it is written after all */
function openImmutable(path: string, file: FileIdentity, options: OpeningOptions): SqliteLedger | null {
  // SQLite's files are beside the target of a link.
  const target = realpathSync(path);
  // Before the log is looked for, or a writer that comes then would be missed.
  const unchanged = new UnchangedFile(target);
  refuseLog(target);
  const db = connectImmutable(target);
  if (db === null) return null;
  try {
    guardIdentity(path, file);
    checkFormat(db, path);
    const identity = readIdentity(db, path);
    applyDurability(db, identity.config.durability);
    checkSettings(db, identity.config);
    unchanged.check();
    return new SqliteLedger(db, file, identity, partsOf(path, file, unchanged, options));
  } catch (error) {
    db.close();
    throw translateError(error, path, 'open');
  }
}

function partsOf(
  path: string,
  file: FileIdentity,
  unchanged: UnchangedFile | null,
  options: OpeningOptions,
): SqliteLedgerParts {
  const archive = options.archive ?? archiveDirectory(path);
  return {
    busyLimit: options.busyLimit,
    isWriter: options.access === 'write',
    unchanged,
    archive,
    // The path of the open file, even if the given path names another one by now.
    reopen: () => openSqliteLedger(path, { ...options, file }),
    openCopy: (copy) => openSqliteLedger(copy, { access: 'read', busyLimit: options.busyLimit, archive }),
  };
}

/** A reader that may write the file takes part in WAL recovery; one that may not only reads. */
function canWrite(path: string): boolean {
  try {
    guardFile(path, { write: true });
    return true;
  } catch {
    return false;
  }
}

/** Where the segments of a ledger are, unless another directory is named. */
function archiveDirectory(path: string): string {
  return `${path}.archive`;
}

function isSegment(db: Database): boolean {
  return db.pragma('application_id', { simple: true }) === SEGMENT_APPLICATION_ID;
}

function isOurs(db: Database): boolean {
  return db.pragma('application_id', { simple: true }) === APPLICATION_ID;
}

function checkFormat(db: Database, path: string): void {
  const refuse = (fact: string, hint: string, details = {}) =>
    new LedgerError('NOT_A_LEDGER', {
      message: `${path} is not a ledger: ${fact}`,
      hint,
      details: { path, ...details },
    });
  const refuseUnmarked = () => refuse(UNMARKED, `set them: sqlite3 ${shellWord(path)} '${MARKS}'`);
  const another = 'name another file, or make a ledger: completengine init';
  if (isEmptyDatabase(db))
    throw refuse('it is empty', `make it one: completengine init ${shellFlag('ledger', path)}`, { isEmpty: true });
  if (isSegment(db)) throw refuse('it is a segment of an archive', another, { isSegment: true });
  if (!isOurs(db)) throw looksLikeLedger(db) ? refuseUnmarked() : refuse(FOREIGN, another);
  const format = db.pragma('user_version', { simple: true }) as number;
  if (format > FORMAT) {
    throw new LedgerError('NEWER_FORMAT', {
      message: `${path} has format ${format}, and this completengine reads up to ${FORMAT}`,
      hint: 'use a newer completengine; the file was not touched',
      details: { path, format, known: FORMAT },
    });
  }
  if (format < FORMAT && looksLikeLedger(db)) throw refuseUnmarked();
  if (format < FORMAT) throw refuse(`it has format ${format}`, another);
  const difference = schemaDifference(db);
  if (difference === null) return;
  const { fact, remedy } = difference;
  const hint = remedy === null ? another : `remove it: sqlite3 ${shellWord(path)} ${shellWord(remedy)}`;
  throw refuse(fact, hint);
}
