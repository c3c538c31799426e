/**
 * Prepares the -wal for volume: a hole is read before it is written. A million events of 203 bytes take 0.94 of the processor time then
 * (docs/PERFORMANCE.md, which has the measurements). SQLite writes a frame as 24 bytes and a page. The likely cause is that Linux caches a new -wal in pieces
 * of one to four pages, which each write and each sync pay for, and bytes that were read as a hole in large ones.
 */

import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { companionPath } from './ledger-path.ts';

/** The length at which a -wal is written back, 8 MiB, and one commit more. */
const ROOM_BYTES = 11 * 1024 * 1024;
/** Of one read. Reads of 8 MiB gain nothing. */
const READ_BYTES = 1024 * 1024;

/**
 * Extends the -wal by a hole, and reads that. Nothing is written: SQLite takes what is behind the last commit for frames of an earlier time, and checks their
 * salt and checksum. Other writers are kept out meanwhile, because the -wal must not be cut. Does nothing if one is at work, or if the system refuses.
 * Must run outside of a transaction, on a connection that has read.
 */
export function makeLogRoom(db: Database, path: string): void {
  if (process.platform !== 'linux') return;
  try {
    db.exec('BEGIN IMMEDIATE');
  } catch {
    return;
  }
  try {
    extend(companionPath(path, '-wal'));
  } catch {
    // a disk that is full, or a file system without holes: the commits are written as they were before
  } finally {
    db.exec('ROLLBACK');
  }
}

/** Unlike the other two files, the -wal may be opened and closed here: SQLite has no lock on it. */
function extend(log: string): void {
  const file = openSync(log, 'r+');
  try {
    const { size } = fstatSync(file);
    if (size >= ROOM_BYTES) return;
    ftruncateSync(file, ROOM_BYTES);
    const memory = Buffer.allocUnsafeSlow(READ_BYTES);
    // from a multiple of a read on, because a piece begins at a multiple of its size
    for (let at = Math.ceil(size / READ_BYTES) * READ_BYTES; at < ROOM_BYTES; at += READ_BYTES)
      readSync(file, memory, 0, READ_BYTES, at);
  } finally {
    closeSync(file);
  }
}
