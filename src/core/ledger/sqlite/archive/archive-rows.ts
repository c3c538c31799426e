/** Reads and writes the records of archived runs: a table of the ledger, and of each segment for the records within it. */

import type { Database } from 'better-sqlite3';
import type { ArchiveRow } from '../../protocol/joints.ts';
import { blob, damaged, integer, natural, positive, type RawRow, text, time } from '../connection/rows.ts';
import { hasTable } from '../connection/schema.ts';
import { statementsOf } from '../connection/statements.ts';

const COLUMNS =
  'number, before_sequence, epoch, first_sequence, through, first_time, last_time, commits, archived_at, ends, seams, hash_behind, file, bytes, checksum, hash';

/** By number. @throws LedgerError VERIFICATION_FAILED for a value that is never written */
export function readArchiveRows(db: Database): ArchiveRow[] {
  if (!hasTable(db, 'segments')) return [];
  return statementsOf(db).get<[], RawRow>(`SELECT ${COLUMNS} FROM segments ORDER BY number`).all().map(toRow);
}

/** The last record; null if nothing was archived. */
export function lastArchiveRow(db: Database): ArchiveRow | null {
  if (!hasTable(db, 'segments')) return null;
  const row = statementsOf(db).get<[], RawRow>(`SELECT ${COLUMNS} FROM segments ORDER BY number DESC LIMIT 1`).get();
  return row === undefined ? null : toRow(row);
}

/** The table must be there. */
export function insertArchiveRow(db: Database, row: ArchiveRow): void {
  db.prepare(`INSERT INTO segments (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`).run(
    row.number,
    row.beforeSequence,
    row.epoch,
    row.firstSequence,
    row.through,
    row.firstTime,
    row.lastTime,
    row.commits,
    row.archivedAt,
    row.ends,
    row.seams,
    row.hashBehind,
    row.file,
    row.bytes,
    row.checksum,
    row.hash,
  );
}

function toRow(row: RawRow): ArchiveRow {
  return {
    number: positive(row, 'number'),
    beforeSequence: positive(row, 'before_sequence'),
    epoch: positive(row, 'epoch'),
    firstSequence: positive(row, 'first_sequence'),
    through: positive(row, 'through'),
    firstTime: time(row, 'first_time'),
    lastTime: time(row, 'last_time'),
    commits: positive(row, 'commits'),
    archivedAt: integer(row, 'archived_at'),
    ends: text(row, 'ends'),
    seams: blob(row, 'seams'),
    hashBehind: blob(row, 'hash_behind'),
    file: row['file'] === null ? null : fileName(row),
    bytes: row['bytes'] === null ? null : natural(row, 'bytes'),
    checksum: row['checksum'] === null ? null : blob(row, 'checksum'),
    hash: blob(row, 'hash'),
  };
}

/** A name within the archive: one who makes a ledger must not choose which files of this machine are opened. */
function fileName(row: RawRow): string {
  const file = text(row, 'file');
  if (/^[\w-][\w.-]{0,254}$/.test(file)) return file;
  throw damaged('file', 'no name of a segment');
}
