/** Reads pages of whole commits, bounded in bytes, each in one short read transaction: a slow reader of the output pins no WAL. */

import type { Database } from 'better-sqlite3';
import { brokenFrame } from '../../../frames/event-columns.ts';
import { decodeBody, PLAIN_BYTES_MAX } from '../../../frames/frame-codec.ts';
import type { StoredCommit, StoredFrame } from '../../../model/events/commit.ts';
import { bodyBytes, type Page, type ReadRequest } from '../../../model/events/history.ts';
import type { SequenceRange } from '../../../model/events/range.ts';
import { LedgerError } from '../../../model/ledger-error.ts';
import type { PartitionId } from '../../../model/routing/partition.ts';
import type { Decompression } from '../../../native/zstd.ts';
import type { ChainLink } from '../../ledger.ts';
import { brokenCommit, missingSequences } from '../../protocol/broken-commit.ts';
import type { FrameLink } from '../../protocol/chain.ts';
import { checkBodies, type HashedFrame } from '../../protocol/link-check.ts';
import { type LiveStart, readLiveStart } from '../archive/live-start.ts';
import { blob, integer, natural, positive, type RawRow, textOrNull, time } from '../connection/rows.ts';
import { partitionTable } from '../connection/schema.ts';
import { Statements } from '../connection/statements.ts';
import { isDamage } from '../connection/translate-error.ts';
import { freeBytes } from '../free-memory.ts';
import type { BodyTarget } from './body-target.ts';
import { type CommitSpan, checkLanes, endOfRun } from './dense-frames.ts';
import { overPartitions } from './over-partitions.ts';

/** Most bytes of a page that holds more than one commit. */
const PAGE_BYTES = 4 * 1024 * 1024;
const COMMITS_MAX = 2048;

/** Columns of a partition's table except the body, for {@link toFrameLink}. */
export const FRAME_COLUMNS = 'sequence, offset, count, first_time, last_time, key, hash';
/** All columns, for {@link toFrame}. */
export const WHOLE_FRAME_COLUMNS = `${FRAME_COLUMNS}, plain_bytes, body`;
/**
 * Size of the plain body, without reading it: see `frame-bytes.ts`. Damage can put any value into a row, and decoding refuses it; here it must only be
 * a size that can be added up.
 */
export const PLAIN_BYTES = `CASE WHEN typeof(plain_bytes) = 'integer' THEN min(max(plain_bytes, 0), ${PLAIN_BYTES_MAX}) ELSE coalesce(length(body), 0) END`;

export class FrameReader {
  readonly statements: Statements;
  /** The links that are no commits and were recomputed, shared by the chain walks over this reader. */
  readonly provenJoints = new Set<string>();
  readonly #db: Database;
  /** Most commits of a page: 1 at the start and after a broken commit, then it doubles. */
  #commitsPerPage = 1;
  #target: BodyTarget | undefined;
  /** Whether {@link frames} was called before. */
  #hasRead = false;

  constructor(db: Database) {
    this.#db = db;
    this.statements = new Statements(db);
  }

  /** Compressed bodies that `work` reads are decoded into the target. */
  into<Result>(target: BodyTarget, work: () => Result): Result {
    this.#target = target;
    try {
      return work();
    } finally {
      this.#target = undefined;
    }
  }

  /** Compares bodies with their hashes, except those that are left to the receiver. @throws LedgerError VERIFICATION_FAILED */
  checkBodies(frames: readonly HashedFrame[]): void {
    const target = this.#target;
    checkBodies(target === undefined ? frames : frames.filter((frame) => !target.leaves(frame)));
  }

  /** Frames of the partitions whose commit begins within `[from, through]`, by commit and then by partition. */
  frames(from: number, through: number, partitions: readonly PartitionId[]): HashedFrame[] {
    const isFirst = !this.#hasRead;
    this.#hasRead = true;
    if (isFirst && from === through && partitions.length > 0) return this.#framesOfCommit(from, partitions);
    const frames: HashedFrame[] = [];
    for (const partition of partitions) {
      const rows = this.statements
        .get<[number, number], RawRow>(
          `SELECT ${WHOLE_FRAME_COLUMNS} FROM ${partitionTable(partition)} WHERE sequence BETWEEN ? AND ? ORDER BY sequence`,
        )
        .all(from, through);
      for (const row of rows) frames.push(toFrame(partition, row, this.#target));
    }
    return frames.sort((one, other) => one.sequence - other.sequence || one.partition - other.partition);
  }

  /**
   * The last event of a ledger is read so, and it is one statement that is compiled instead of 256. A reader that goes on compiles those of the partitions: with
   * this one for each commit a verification takes 1.06 to 1.17 times as long. `partitions`: in their order.
   */
  #framesOfCommit(sequence: number, partitions: readonly PartitionId[]): HashedFrame[] {
    const sql = overPartitions(
      partitions,
      (table, id) => `SELECT ${id} AS partition, ${WHOLE_FRAME_COLUMNS} FROM ${table} WHERE sequence = @sequence`,
    );
    const rows = this.statements.get<[{ readonly sequence: number }], RawRow>(sql).all({ sequence });
    return rows
      .map((row) => toFrame(natural(row, 'partition'), row, this.#target))
      .sort((one, other) => one.partition - other.partition);
  }

  framesAt(commit: number): HashedFrame[] {
    return this.frames(commit, commit, this.partitionIds());
  }

  /** The last frame of a partition whose commit begins before `sequence`. */
  frameBefore(partition: PartitionId, sequence: number): HashedFrame | undefined {
    const row = this.statements
      .get<[number], RawRow>(
        `SELECT ${WHOLE_FRAME_COLUMNS} FROM ${partitionTable(partition)} WHERE sequence < ? ORDER BY sequence DESC LIMIT 1`,
      )
      .get(sequence);
    return row === undefined ? undefined : toFrame(partition, row);
  }

  /** Frames of a partition in order, from the first one of a commit that begins at `sequence` or later. */
  *framesFrom(partition: PartitionId, sequence: number): Generator<HashedFrame, void, undefined> {
    const rows = this.statements.get<[number], RawRow>(
      `SELECT ${WHOLE_FRAME_COLUMNS} FROM ${partitionTable(partition)} WHERE sequence >= ? ORDER BY sequence`,
    );
    for (const row of rows.iterate(sequence)) yield toFrame(partition, row);
  }

  partitionIds(): PartitionId[] {
    return this.statements.get<[], number>('SELECT id FROM partition ORDER BY id').pluck().all();
  }

  /** The partitions that emitters chose for commits that reach into the range. */
  partitionsSentTo({ from, through }: SequenceRange): PartitionId[] {
    if (from > through) return [];
    return this.statements
      .get<[number, number], PartitionId>(
        'SELECT DISTINCT sent_to FROM commits WHERE first_sequence BETWEEN ? AND ? AND sent_to IS NOT NULL',
      )
      .pluck()
      .all(this.commitContaining(from).first, through);
  }

  /** Where the ledger's own rows begin, as of the transaction. */
  start(): LiveStart {
    return readLiveStart(this.statements);
  }

  /** The last commit that begins at `sequence` or before; an empty span where the ledger's own rows begin if there is none. */
  lastCommitThrough(sequence: number): CommitSpan {
    const row = this.statements
      .get<[number], RawRow>(
        'SELECT first_sequence, count FROM commits WHERE first_sequence <= ? ORDER BY first_sequence DESC LIMIT 1',
      )
      .get(sequence);
    if (row === undefined) {
      const { sequence: start } = this.start();
      return { first: start, next: start };
    }
    const first = positive(row, 'first_sequence');
    return { first, next: first + positive(row, 'count') };
  }

  /** The commit that holds `sequence`, with its hash as stored; null if the ledger's own rows do not have it. */
  linkAt(sequence: number): ChainLink | null {
    const row = this.statements
      .get<[number], RawRow>(
        'SELECT first_sequence, count, hash FROM commits WHERE first_sequence <= ? ORDER BY first_sequence DESC LIMIT 1',
      )
      .get(sequence);
    if (row === undefined) return null;
    const firstSequence = positive(row, 'first_sequence');
    const count = positive(row, 'count');
    return sequence < firstSequence + count ? { firstSequence, count, hash: blob(row, 'hash').toString('hex') } : null;
  }

  /** The commit that holds `sequence`. @throws LedgerError VERIFICATION_FAILED if its row is missing */
  commitContaining(sequence: number): CommitSpan {
    const commit = this.lastCommitThrough(sequence);
    if (sequence < commit.next) return commit;
    const after = this.statements
      .get<[number], number>('SELECT min(first_sequence) FROM commits WHERE first_sequence > ?')
      .pluck()
      .get(sequence);
    throw missingSequences(commit.next, after ?? null);
  }

  /**
   * The sequence of the first frame after the last commit, which means that the last commits are missing; null if there is none. Must run in the transaction
   * that has read the last commit.
   */
  frameBeyond(lastCommit: number, partitions: readonly PartitionId[]): number | null {
    if (partitions.length === 0) return null;
    const sql = overPartitions(
      partitions,
      (table) => `SELECT min(sequence) AS beyond FROM ${table} WHERE sequence > @lastCommit`,
    );
    return this.statements
      .get<[{ readonly lastCommit: number }], number | null>(`SELECT min(beyond) FROM (${sql})`)
      .pluck()
      .get({ lastCommit }) as number | null;
  }

  /** If the range reaches the last commit of the ledger, there must be no frame after it. @throws LedgerError VERIFICATION_FAILED */
  checkEnd(through: number, partitions: readonly PartitionId[]): void {
    const last = this.lastCommitThrough(Number.MAX_SAFE_INTEGER);
    if (through < last.next - 1) return;
    const beyond = this.frameBeyond(last.first, partitions);
    if (beyond !== null)
      throw brokenCommit(
        Math.min(beyond, last.next),
        `partition tables hold frames at sequence ${beyond}, and the commit is missing`,
      );
  }

  /** One page, unverified. */
  page(request: ReadRequest): Page {
    return this.narrowingDown(request.range.from, () => this.#page(request));
  }

  #page(request: ReadRequest): Page {
    return this.#db
      .transaction(() => {
        const { range } = request;
        if (range.from > range.through) return { commits: [], next: null };
        const partitions = request.partitions ?? this.partitionIds();
        const first = this.firstOf(request);
        const { end, frames } = this.#pageFrames(first.first, request, partitions);
        const commits = groupByCommit(frames);
        const isLast = end === range.through;
        const after =
          request.partitions === null
            ? endOfRun(first, commits, isLast ? range.through : null)
            : this.#endOfLanes(first, frames, end, isLast);
        // In a damaged tree one query may find a row that another does not.
        if (after <= range.from) throw missingSequences(after, null);
        const next = after <= range.through ? after : null;
        if (next === null) this.checkEnd(range.through, partitions);
        this.growPages(commits.length, frames);
        return { commits, next };
      })
      .deferred();
  }

  /** Frames of a page, and the sequence up to which it was looked for them. */
  #pageFrames(first: number, { range, partitions }: ReadRequest, chosen: readonly PartitionId[]) {
    // one commit is a page, whatever it weighs: a query less for each partition, and a reader of a few events reads no other page
    if (partitions === null && this.#commitsPerPage === 1) {
      const frames = this.frames(first, first, chosen);
      if (frames.length > 0) return { end: first, frames };
    }
    const end = this.pageEnd(first, range.through, chosen) ?? range.through;
    return { end, frames: this.frames(first, end, chosen) };
  }

  /** The commit a page begins with. @throws LedgerError VERIFICATION_FAILED if it is missing, or if it reaches back into the page before */
  firstOf({ range, continues }: ReadRequest): CommitSpan {
    const commit = this.commitContaining(range.from);
    if (continues === true && commit.first !== range.from)
      throw brokenCommit(range.from, `the commit at sequence ${commit.first} reaches beyond it`);
    return commit;
  }

  /** The sequence after a page of some partitions, whose offsets must have no gaps. */
  #endOfLanes(first: CommitSpan, frames: readonly StoredFrame[], end: number, isLast: boolean): number {
    checkLanes(frames, (partition) => this.#offsetBefore(partition, first.first));
    if (isLast) return end + 1;
    const commit = this.commitContaining(end);
    if (commit.first !== end) throw brokenCommit(end, 'there are frames without their commit');
    return commit.next;
  }

  /** The offset that the first event of the partition from `sequence` on must have. */
  #offsetBefore(partition: PartitionId, sequence: number): number {
    const row = this.statements
      .get<[number], RawRow>(
        `SELECT offset, count FROM ${partitionTable(partition)} WHERE sequence < ? ORDER BY sequence DESC LIMIT 1`,
      )
      .get(sequence);
    return row === undefined
      ? this.start().endOf(partition).nextOffset
      : natural(row, 'offset') + positive(row, 'count');
  }

  get commitsPerPage(): number {
    return this.#commitsPerPage;
  }

  /** If a page turns out to be broken, reads it again with one commit per page: the commits before the broken one are delivered, and that one is named. */
  narrowingDown<Read extends Page>(from: number, read: () => Read): Read {
    try {
      return read();
    } catch (error) {
      const isBroken = isDamage(error) || (error instanceof LedgerError && error.code === 'VERIFICATION_FAILED');
      if (isBroken && this.#commitsPerPage > 1) {
        this.#commitsPerPage = 1;
        return this.narrowingDown(from, read);
      }
      throw isDamage(error) ? brokenCommit(this.#firstOfBroken(from), 'the file is damaged there', error) : error;
    }
  }

  /** The damage may also prevent this query. */
  #firstOfBroken(sequence: number): number {
    try {
      return this.commitContaining(sequence).first;
    } catch {
      return sequence;
    }
  }

  /** After a good page the next one may hold twice as many commits, if that many of this size fit. */
  growPages(commits: number, frames: readonly StoredFrame[]): void {
    const fitting = Math.floor((PAGE_BYTES * commits) / (bodyBytes(frames) + 1));
    this.#commitsPerPage = Math.max(1, Math.min(commits * 2, fitting, COMMITS_MAX));
  }

  /**
   * First sequence of the last commit that fits a page from `from`: within the bytes of a page, and no partition has more frames than a page has commits.
   * Null if the partitions have nothing there. Sizes are read before bodies, because large commits may follow thousands of small ones.
   */
  pageEnd(from: number, through: number, partitions: readonly PartitionId[]): number | null {
    const bytesOf = new Map<number, number>();
    let end = through;
    for (const partition of partitions) {
      let [frames, bytes] = [0, 0];
      const rows = this.statements
        .get<[number, number, number], [number, number]>(
          `SELECT sequence, ${PLAIN_BYTES} FROM ${partitionTable(partition)} WHERE sequence BETWEEN ? AND ? ORDER BY sequence LIMIT ?`,
        )
        .raw()
        .all(from, end, this.#commitsPerPage);
      for (const [sequence, length] of rows) {
        frames++;
        bytes += length;
        bytesOf.set(sequence, (bytesOf.get(sequence) ?? 0) + length);
        if (bytes < PAGE_BYTES && frames < this.#commitsPerPage) continue;
        end = sequence;
        break;
      }
    }
    return lastThatFits(bytesOf, end);
  }
}

/** `end` if all commits up to it fit a page together; otherwise the last one that fits, or the first. Null if there are none. */
function lastThatFits(bytesOf: ReadonlyMap<number, number>, end: number): number | null {
  let last: number | null = null;
  let left = PAGE_BYTES;
  for (const [sequence, bytes] of [...bytesOf].sort(([one], [other]) => one - other)) {
    left -= bytes;
    if (left < 0 && last !== null) return last;
    last = sequence;
  }
  return last === null ? null : end;
}

/** The row's body is freed if it was compressed, and is empty afterwards. `wish`: how it is decompressed. @throws LedgerError VERIFICATION_FAILED, CANNOT_LOAD */
export function toFrame(partition: PartitionId, row: RawRow, wish?: Decompression): HashedFrame {
  try {
    return { ...toFrameLink(partition, row), body: toBody(row, wish) };
  } catch (error) {
    if (error instanceof LedgerError && error.code === 'CANNOT_LOAD') throw error;
    throw brokenFrame({ partition, sequence: integer(row, 'sequence') }, (error as Error).message);
  }
}

/** The plain body of a row. @throws LedgerError CANNOT_LOAD @throws Error with the fact, if it is damaged */
function toBody(row: RawRow, wish?: Decompression): Buffer {
  const plainBytes = row['plain_bytes'] === null ? null : natural(row, 'plain_bytes');
  const bytes = blob(row, 'body');
  const body = decodeBody({ bytes, plainBytes }, wish);
  // with two threads that decompress, 60 MB of it waited for the garbage collector
  if (body !== bytes) freeBytes(bytes);
  return body;
}

/** A frame without its body. @throws LedgerError VERIFICATION_FAILED if a column has a value that is never written */
export function toFrameLink(partition: PartitionId, row: RawRow): FrameLink {
  return {
    partition,
    sequence: integer(row, 'sequence'),
    offset: natural(row, 'offset'),
    count: positive(row, 'count'),
    firstTime: time(row, 'first_time'),
    lastTime: time(row, 'last_time'),
    key: textOrNull(row, 'key'),
    hash: blob(row, 'hash'),
  };
}

/** Groups frames, which are sorted by commit, into commits. */
export function groupByCommit(frames: readonly StoredFrame[]): StoredCommit[] {
  const commits: StoredCommit[] = [];
  let start = 0;
  for (let at = 1; at <= frames.length; at++) {
    const first = frames[start] as StoredFrame;
    if (at < frames.length && frames[at]?.sequence === first.sequence) continue;
    commits.push({ firstSequence: first.sequence, frames: frames.slice(start, at) });
    start = at;
  }
  return commits;
}
