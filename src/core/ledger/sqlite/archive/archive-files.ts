/** The segments of a ledger that are at hand, each opened when it is first read, and compared with its record then. */

import { type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { LedgerError } from '../../../model/ledger-error.ts';
import { formatTime } from '../../../model/time/time.ts';
import type { ArchiveRow } from '../../protocol/joints.ts';
import { SegmentFile } from '../segment/segment-file.ts';
import { liveStartAfter } from './live-start.ts';

export class ArchiveFiles {
  readonly directory: string;
  readonly #open = new Map<string, SegmentFile>();

  constructor(directory: string) {
    this.directory = directory;
  }

  /** `rows`: all records, for what the error says. @throws LedgerError ARCHIVE_MISSING, HISTORY_DROPPED, VERIFICATION_FAILED for the segment of another run */
  open(row: ArchiveRow, rows: readonly ArchiveRow[], uuid: string): SegmentFile {
    if (row.file === null) throw dropped(row, rows);
    const known = this.#open.get(row.file);
    if (known !== undefined) return known;
    const path = this.pathOf(row.file);
    const { stats, problem } = lookUp(path);
    if (stats === null) throw this.#missing(row, rows, problem);
    const segment = this.#openFile(path, stats, row);
    try {
      this.#check(segment, row, uuid);
    } catch (error) {
      segment.close();
      throw error;
    }
    this.#open.set(row.file, segment);
    return segment;
  }

  /** Whether the file is there; it is not opened. */
  has({ file }: ArchiveRow): boolean {
    return file !== null && lookUp(this.pathOf(file)).stats !== null;
  }

  /** Size of what is there; null if there is nothing. */
  bytesOf({ file }: ArchiveRow): number | null {
    return file === null ? null : (lookUp(this.pathOf(file)).stats?.size ?? null);
  }

  pathOf(file: string): string {
    return join(this.directory, file);
  }

  close(): void {
    for (const segment of this.#open.values()) segment.close();
    this.#open.clear();
  }

  /** @throws LedgerError VERIFICATION_FAILED if the file is no segment, or has another size */
  #openFile(path: string, stats: Stats, { firstSequence: sequence, through, bytes }: ArchiveRow): SegmentFile {
    const details = { segment: path, sequence, through };
    const hint = 'restore an intact copy of this segment, or name the directory that has one with `archive`';
    if (!stats.isFile())
      throw new LedgerError('VERIFICATION_FAILED', { message: `${path} is no regular file`, hint, details });
    if (stats.size !== bytes)
      throw new LedgerError('VERIFICATION_FAILED', {
        message: `${path} has ${stats.size} bytes, and the segment of sequences ${sequence} to ${through} has ${bytes}`,
        ...{ hint, details },
      });
    try {
      return SegmentFile.open(path);
    } catch (cause) {
      if (!(cause instanceof LedgerError) || !['NOT_A_LEDGER', 'DAMAGED_LEDGER'].includes(cause.code)) throw cause;
      throw new LedgerError('VERIFICATION_FAILED', { message: cause.message, hint, details, cause });
    }
  }

  #check({ range, path }: SegmentFile, row: ArchiveRow, uuid: string): void {
    const isThis =
      range.uuid === uuid &&
      range.fromSequence === row.firstSequence &&
      range.through === row.through &&
      range.hashBehind.equals(row.hashBehind);
    if (isThis) return;
    const other =
      range.uuid === uuid
        ? `it holds sequences ${range.fromSequence} to ${range.through}${range.fromSequence === row.firstSequence && range.through === row.through ? ' of another history' : ''}`
        : 'it is of another ledger';
    throw new LedgerError('VERIFICATION_FAILED', {
      message: `${path} is not the segment of sequences ${row.firstSequence} to ${row.through}: ${other}`,
      hint: 'put the right segment there, or name the directory that has it with `archive`',
      details: { segment: path, sequence: row.firstSequence, through: row.through },
    });
  }

  #missing(row: ArchiveRow, rows: readonly ArchiveRow[], problem: string | null): LedgerError {
    const next = firstAtHand(rows, row.through, (each) => this.has(each));
    // a directory that its owner alone may enter, as `archive` makes it
    const isForbidden = problem === 'EACCES' || problem === 'EPERM';
    const where = isForbidden ? 'and there is no permission to look into' : 'which is not in';
    const cure = isForbidden
      ? 'check the owner and the mode of that directory and of its segments'
      : 'name its directory with `archive`';
    return new LedgerError('ARCHIVE_MISSING', {
      message: `sequences ${row.firstSequence} to ${row.through} are archived in ${row.file}, ${where} ${this.directory}${problem === null ? '' : `: ${problem}`}`,
      hint: `${cure}, or begin at the first sequence that is at hand: ${next}`,
      details: {
        segment: row.file,
        directory: this.directory,
        sequence: row.firstSequence,
        through: row.through,
        next,
      },
    });
  }
}

/** What is at a path; `problem`: why nothing can be found there, such as ENOTDIR where the directory is a file. */
function lookUp(path: string): { readonly stats: Stats | null; readonly problem: string | null } {
  try {
    return { stats: statSync(path, { throwIfNoEntry: false }) ?? null, problem: null };
  } catch (error) {
    return { stats: null, problem: (error as NodeJS.ErrnoException).code ?? String(error) };
  }
}

/** The error of a read of this dropped run. `rows`: all records. */
export function dropped(row: ArchiveRow, rows: readonly ArchiveRow[]): LedgerError {
  const last = lastDropped(rows) ?? row;
  const next = liveStartAfter(last).sequence;
  return new LedgerError('HISTORY_DROPPED', {
    message: `sequences ${row.firstSequence} to ${row.through} were dropped on ${formatTime(row.archivedAt)}`,
    hint: `begin at sequence ${next}: what is before it is gone`,
    details: { sequence: row.firstSequence, through: row.through, archivedAt: row.archivedAt, next },
  });
}

/** The first sequence after `through` in a segment that is there, or in the ledger itself. */
function firstAtHand(rows: readonly ArchiveRow[], through: number, has: (row: ArchiveRow) => boolean): number {
  const found = rows.find((row) => row.firstSequence > through && has(row));
  return found?.firstSequence ?? liveStartAfter(rows.at(-1) ?? null).sequence;
}

/** The last record without a segment; null if nothing was dropped. */
export function lastDropped(rows: readonly ArchiveRow[]): ArchiveRow | null {
  return rows.findLast(({ file }) => file === null) ?? null;
}
