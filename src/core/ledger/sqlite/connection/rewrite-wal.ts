/**
 * Writes the last transaction of a -wal again: the same bytes at the same place, so that the pages are dirty and the next fsync brings them to the disk,
 * also if an earlier one has failed and marked them clean. Whatever a power failure leaves of that is what was there or what is written, and they are equal.
 *
 * SQLite's locks are on the database file and on the -shm. So unlike those two the -wal may be opened and closed here: that drops no lock.
 */

import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { isNoSpace, systemErrorCode } from '../../../model/disk-error.ts';
import { LedgerError } from '../../../model/ledger-error.ts';

/** Of the file; the size of a page is at {@link PAGE_BYTES_AT}, big-endian as all numbers (https://sqlite.org/fileformat2.html#walformat). */
const HEADER_BYTES = 32;
const PAGE_BYTES_AT = 8;
/** Of each frame; the size of the database in pages is there in the last frame of a transaction, and 0 in the others. */
const FRAME_HEADER_BYTES = 24;
const DATABASE_PAGES_AT = 4;

/**
 * `frames`: how many the -wal had before the caller locked it for writing. If it has been restarted meanwhile, others have synced all of it, and what is
 * written here is of no use and no harm.
 * @throws LedgerError DISK_FULL, IO_FAILED
 */
export function rewriteLastTransaction(path: string, frames: number): void {
  try {
    const file = openSync(path, 'r+');
    try {
      const frameBytes = FRAME_HEADER_BYTES + readNumber(file, PAGE_BYTES_AT);
      const offsetOf = (frame: number): number => HEADER_BYTES + (frame - 1) * frameBytes;
      let first = frames;
      while (first > 1 && readNumber(file, offsetOf(first - 1) + DATABASE_PAGES_AT) === 0) first--;
      if (first === 1) rewrite(file, 0, HEADER_BYTES);
      for (let frame = first; frame <= frames; frame++) rewrite(file, offsetOf(frame), frameBytes);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw cannotRewrite(path, error);
  }
}

/** 0 past the end of the file. */
function readNumber(file: number, offset: number): number {
  const bytes = Buffer.alloc(4);
  readSync(file, bytes, 0, 4, offset);
  return bytes.readUInt32BE(0);
}

function rewrite(file: number, offset: number, length: number): void {
  const bytes = Buffer.allocUnsafe(length);
  const read = readSync(file, bytes, 0, length, offset);
  let written = 0;
  while (written < read) written += writeSync(file, bytes, written, read - written, offset + written);
}

function cannotRewrite(path: string, error: unknown): unknown {
  const code = systemErrorCode(error);
  if (code === undefined) return error;
  const isFull = isNoSpace(error);
  return new LedgerError(isFull ? 'DISK_FULL' : 'IO_FAILED', {
    message: `${path} cannot be written again: ${isFull ? 'the disk is full' : `an I/O error (${code})`}`,
    hint: isFull ? 'free some space, then try again' : 'look at the disk and its free space',
    details: { path, code },
    cause: error,
  });
}
