/**
 * All of a ledger's history as one: the rows of the ledger itself, and before them the segments of its archive. The only place that knows of both.
 * Each call sees the ledger as of one moment: where its own rows begin may change from one to the next.
 */

import type { Database } from 'better-sqlite3';
import type { StoredFrame } from '../../../model/events/commit.ts';
import type { LaneRequest, Page, ReadRequest } from '../../../model/events/history.ts';
import type { SequenceRange } from '../../../model/events/range.ts';
import type { PartitionId } from '../../../model/routing/partition.ts';
import type { Micros } from '../../../model/time/time.ts';
import { brokenCommit } from '../../protocol/broken-commit.ts';
import type { ArchiveRow } from '../../protocol/joints.ts';
import type { CommitRow } from '../../protocol/link-check.ts';
import { type ArchiveFiles, dropped, lastDropped } from '../archive/archive-files.ts';
import { readArchiveRows } from '../archive/archive-rows.ts';
import { type LiveStart, liveStartAfter } from '../archive/live-start.ts';
import { readLedgerRow } from '../connection/identity.ts';
import { hasTable } from '../connection/schema.ts';
import type { SegmentFile } from '../segment/segment-file.ts';
import { ChainJoints } from './chain-joints.ts';
import { ChainWalk, type VerifiedPage } from './chain-walk.ts';
import type { CommitSpan } from './dense-frames.ts';
import { sequenceAtTime, sequenceOfLast } from './locate.ts';
import type { FrameReader } from './read.ts';

export class LedgerHistory {
  readonly #db: Database;
  readonly #reader: FrameReader;
  readonly #files: ArchiveFiles;

  constructor(db: Database, reader: FrameReader, files: ArchiveFiles) {
    this.#db = db;
    this.#reader = reader;
    this.#files = files;
  }

  /** @throws LedgerError VERIFICATION_FAILED, ARCHIVE_MISSING, HISTORY_DROPPED */
  page(request: ReadRequest): Page {
    return this.#snapshot(() => {
      if (this.#isLive(request.range)) return request.verify ? this.#walked(request) : this.#reader.page(request);
      return this.#archivedPage(request);
    });
  }

  /** As {@link page}, with the row of each commit. */
  verifiedPage(request: ReadRequest): VerifiedPage {
    return this.#snapshot(() => (this.#isLive(request.range) ? this.#walked(request) : this.#archivedPage(request)));
  }

  /** The first sequence whose time is `time` or later; null if there is none. */
  sequenceAtTime(time: Micros): number | null {
    return this.#snapshot(() => {
      const rows = readArchiveRows(this.#db);
      const row = rows.find(({ lastTime }) => lastTime >= time);
      if (row === undefined) return sequenceAtTime(this.#db, this.#reader, time);
      if (row.firstTime >= time) return row.firstSequence;
      return this.#open(row, rows).sequenceAtTime(time);
    });
  }

  /** The sequence of the nth last event of the partitions up to `through`; the first one that was not dropped if there are fewer. */
  sequenceOfLast(count: number, partitions: readonly PartitionId[] | null, through: number): number {
    return this.#snapshot(() => {
      // sequences have no gaps, so nothing has to be read to count them
      if (partitions === null) {
        const { next } = this.#reader.lastCommitThrough(Number.MAX_SAFE_INTEGER);
        return Math.max(this.floor().sequence, Math.min(through, next - 1) - count + 1);
      }
      const { sequence: start } = this.#reader.start();
      // What the ledger's own rows have needs no segment.
      const live = (partition: PartitionId, sequence: number) => this.#liveFrameBefore(partition, sequence, start);
      const all = (partition: PartitionId, sequence: number) => this.frameBefore(partition, sequence);
      return (
        sequenceOfLast(live, count, partitions, through) ??
        (start === 1 ? null : sequenceOfLast(all, count, partitions, through)) ??
        this.floor().sequence
      );
    });
  }

  /** The partitions that emitters chose for commits that reach into the range. */
  partitionsSentTo(range: SequenceRange): PartitionId[] {
    return this.#snapshot(() => {
      const { sequence: start } = this.#reader.start();
      const rows = readArchiveRows(this.#db);
      const archived = rows
        .filter((row) => row.through >= range.from && row.firstSequence <= range.through)
        .flatMap((row) => this.#open(row, rows).partitionsSentTo(range));
      const live = this.#reader.partitionsSentTo({ from: Math.max(range.from, start), through: range.through });
      return [...new Set([...archived, ...live])];
    });
  }

  /** The records whose segments are at hand, with the paths of these. */
  segmentsAtHand(): { readonly row: ArchiveRow; readonly path: string }[] {
    return readArchiveRows(this.#db).flatMap((row) =>
      row.file !== null && this.#files.has(row) ? [{ row, path: this.#files.pathOf(row.file) }] : [],
    );
  }

  /** Where history begins: after what was dropped. */
  floor(): LiveStart {
    return liveStartAfter(lastDropped(readArchiveRows(this.#db)));
  }

  /** @throws LedgerError HISTORY_DROPPED if an event with this sequence or a later one was dropped */
  checkKept(sequence: number): void {
    const rows = readArchiveRows(this.#db);
    const gone = rows.find(({ file, through }) => file === null && through >= sequence);
    if (gone !== undefined) throw dropped(gone, rows);
  }

  /** The commit that holds `sequence`; an empty span after the last one for the sequence that comes next. @throws LedgerError VERIFICATION_FAILED */
  commitHolding(sequence: number): CommitSpan {
    const rows = readArchiveRows(this.#db);
    const row = rows.find(({ through }) => through >= sequence);
    if (row !== undefined) return this.#open(row, rows).commitHolding(sequence);
    const last = this.#reader.lastCommitThrough(sequence);
    return sequence === last.next ? { first: sequence, next: sequence } : this.#reader.commitContaining(sequence);
  }

  /** The last frame of a partition whose commit begins before `sequence`; undefined if there is none that was not dropped. */
  frameBefore(partition: PartitionId, sequence: number): StoredFrame | undefined {
    const live = this.#liveFrameBefore(partition, sequence, this.#reader.start().sequence);
    if (live !== undefined) return live;
    const rows = readArchiveRows(this.#db);
    for (const row of rows.toReversed()) {
      if (row.firstSequence >= sequence || !holds(row, rows, partition)) continue;
      if (row.file === null) return undefined;
      const frame = this.#open(row, rows).frameBefore(partition, sequence);
      if (frame !== undefined) return frame;
    }
    return undefined;
  }

  /**
   * As {@link frameBefore}, for what needs the end of the partition alone: the offset after its last event before `sequence` where records of archived runs say
   * it. Only the segment that `sequence` itself lies in is opened: others may not be at hand.
   */
  frameOrOffsetBefore(partition: PartitionId, sequence: number): StoredFrame | number {
    const live = this.#liveFrameBefore(partition, sequence, this.#reader.start().sequence);
    if (live !== undefined) return live;
    const rows = readArchiveRows(this.#db);
    const holding = rows.find(({ firstSequence, through }) => firstSequence < sequence && sequence <= through);
    const frame =
      holding !== undefined && holds(holding, rows, partition)
        ? this.#open(holding, rows).frameBefore(partition, sequence)
        : undefined;
    return (
      frame ?? liveStartAfter(rows.findLast(({ through }) => through < sequence) ?? null).endOf(partition).nextOffset
    );
  }

  /** Frames of a partition in order, from the first one of a commit that begins at `sequence` or later. Dropped ones are passed over. */
  *framesFrom(partition: PartitionId, sequence: number): Generator<StoredFrame, void, undefined> {
    const rows = readArchiveRows(this.#db);
    for (const row of rows) {
      if (row.through < sequence || row.file === null || !holds(row, rows, partition)) continue;
      yield* this.#open(row, rows).framesFrom(partition, sequence);
    }
    yield* this.#reader.framesFrom(partition, Math.max(sequence, liveStartAfter(rows.at(-1) ?? null).sequence));
  }

  /**
   * The request without archived history that no group has left to read in the partition: a lane that was read to its end before the archive needs no
   * segment, and goes on although it may not be at hand.
   */
  pastArchive(request: LaneRequest): LaneRequest {
    const { partition, fromSequence } = request;
    const start = this.#reader.start();
    if (fromSequence >= start.sequence || !hasTable(this.#db, 'groups')) return request;
    const behind = this.#reader.statements
      .get<[number, number], unknown>('SELECT 1 FROM cursors WHERE partition = ? AND next_offset < ? LIMIT 1')
      .get(partition, start.endOf(partition).nextOffset);
    return behind === undefined ? { ...request, fromSequence: start.sequence } : request;
  }

  /** The sequence from which on all of history is at hand, and the end of each partition before it. */
  firstAtHand(): LiveStart & { readonly hash: Buffer } {
    const rows = readArchiveRows(this.#db);
    const missing = rows.findLast((row) => !this.#files.has(row));
    return liveStartAfter(missing ?? null);
  }

  /** Rows before the start are being deleted. */
  #liveFrameBefore(partition: PartitionId, sequence: number, start: number): StoredFrame | undefined {
    const frame = this.#reader.frameBefore(partition, sequence);
    return frame === undefined || frame.sequence < start ? undefined : frame;
  }

  #snapshot<Result>(work: () => Result): Result {
    return this.#db.transaction(work).deferred();
  }

  #isLive({ from, through }: SequenceRange): boolean {
    return from > through || from >= this.#reader.start().sequence;
  }

  #walked(request: ReadRequest): VerifiedPage {
    return new ChainWalk(this.#db, this.#reader).page(request);
  }

  #archivedPage(request: ReadRequest): VerifiedPage {
    const { range, verify, continues } = request;
    const rows = readArchiveRows(this.#db);
    const row = rows.find(({ through }) => through >= range.from) as ArchiveRow;
    const segment = this.#open(row, rows);
    if (continues === true && segment.commitHolding(range.from).first !== range.from)
      throw brokenCommit(range.from, 'the commit before it reaches beyond it');
    const page = segment.page(request);
    const next = page.next ?? (row.through < range.through ? row.through + 1 : null);
    if (verify) {
      const joints = new ChainJoints(this.#db, this.#reader.statements);
      joints.checkThrough(Math.min(next ?? range.through + 1, row.through + 1) - 1, this.#reader.provenJoints);
      if (range.from <= row.firstSequence) checkSeam(segment, joints);
    }
    return { ...page, next };
  }

  #open(row: ArchiveRow, rows: readonly ArchiveRow[]): SegmentFile {
    return this.#files.open(row, rows, readLedgerRow(this.#db).uuid);
  }
}

/** Whether an archived run has frames of a partition: its end in the record says so, and the segment need not be opened. */
function holds(row: ArchiveRow, rows: readonly ArchiveRow[], partition: PartitionId): boolean {
  const before = liveStartAfter(rows.find(({ number }) => number === row.number - 1) ?? null);
  return liveStartAfter(row).endOf(partition).nextOffset > before.endOf(partition).nextOffset;
}

/** The first commit of a segment must be linked to what the ledger has before it. @throws LedgerError VERIFICATION_FAILED */
function checkSeam({ path, range }: SegmentFile, joints: ChainJoints): void {
  if (joints.placeBefore(range.fromSequence).hash.equals(range.hashBefore)) return;
  throw brokenCommit(range.fromSequence, `${path} does not continue what is before it`);
}

/** Commits of a page that was verified, with their frames of all partitions. */
export function wholeCommits({ commits, rows }: VerifiedPage): { row: CommitRow; frames: readonly StoredFrame[] }[] {
  return rows.map((row, at) => ({ row, frames: commits[at]?.frames ?? [] }));
}
