/** An open segment: a run of whole commits of a ledger in a file of its own, which is only read. Finds commits by sequence, time and partition. */

import type { Database } from 'better-sqlite3';
import { walkFrameBody } from '../../../frames/frame-body.ts';
import type { StoredCommit, StoredFrame } from '../../../model/events/commit.ts';
import type { ReadRequest } from '../../../model/events/history.ts';
import type { SequenceRange } from '../../../model/events/range.ts';
import { LedgerError } from '../../../model/ledger-error.ts';
import { PARTITIONS_MAX, type PartitionId } from '../../../model/routing/partition.ts';
import type { Micros } from '../../../model/time/time.ts';
import type { PartitionSummary } from '../../ledger.ts';
import { brokenCommit } from '../../protocol/broken-commit.ts';
import { hashEpoch } from '../../protocol/chain.ts';
import { archiveJoint, inChainOrder, type Joint } from '../../protocol/joints.ts';
import type { LinkedRow } from '../../protocol/link-check.ts';
import { readArchiveRows } from '../archive/archive-rows.ts';
import { checkStructure } from '../connection/check-structure.ts';
import { connect } from '../connection/connection.ts';
import { guardFile } from '../connection/file-guard.ts';
import type { LedgerRow } from '../connection/identity.ts';
import { blob, damaged, integer, name, natural, positive, type RawRow, text, time, uuid } from '../connection/rows.ts';
import { Statements } from '../connection/statements.ts';
import { translateError } from '../connection/translate-error.ts';
import type { VerifiedPage } from '../read/chain-walk.ts';
import type { CommitSpan } from '../read/dense-frames.ts';
import type { CommitColumns } from './block-columns.ts';
import { BlockReader, type BlockRow, type DecodedBlock } from './block-reader.ts';
import { SEGMENT_APPLICATION_ID, SEGMENT_FORMAT, segmentDifference } from './segment-schema.ts';
import type { SegmentEpoch, SegmentFrame, SegmentPartition } from './segment-writer.ts';

/** Most bytes of a page that holds more than one block. */
const PAGE_BYTES = 4 * 1024 * 1024;

export interface SegmentRange extends LedgerRow {
  readonly fromSequence: number;
  readonly through: number;
  readonly firstTime: Micros;
  readonly lastTime: Micros;
  readonly commits: number;
  readonly hashBefore: Buffer;
  readonly hashBehind: Buffer;
}

export class SegmentFile {
  readonly path: string;
  readonly range: SegmentRange;
  readonly #db: Database;
  readonly #blocks: BlockReader;
  readonly #ids: readonly PartitionId[];
  readonly #frame: SegmentFrame;
  readonly joints: readonly Joint[];
  /** A segment never changes. */
  #summaries: ReturnType<SegmentFile['summarize']> | undefined;

  private constructor(db: Database, path: string) {
    this.#db = db;
    this.path = path;
    this.range = readRange(db);
    this.#frame = { ledger: this.range, ...readFrame(db) };
    this.#ids = this.#frame.partitions.map(({ id }) => id);
    this.joints = this.#jointsWithin(this.#frame);
    this.#blocks = new BlockReader(path, this.range.uuid, new Statements(db), this.joints);
    this.#checkEnds();
  }

  /** @throws LedgerError NO_LEDGER, NOT_A_LEDGER, NEWER_FORMAT, PERMISSION_DENIED, VERIFICATION_FAILED for an epoch that has changed */
  static open(path: string): SegmentFile {
    guardFile(path, { write: false, hasLog: false });
    let db: Database | undefined;
    try {
      db = connect(path, { isReadOnly: true });
      checkFormat(db, path);
      return new SegmentFile(db, path);
    } catch (error) {
      db?.close();
      throw translateError(error, path, 'open');
    }
  }

  /** What the file says of itself is what its blocks say: a range that begins behind the first block, or in it, would hide events. */
  #checkEnds(): void {
    const { fromSequence, through, firstTime, lastTime, hashBefore, hashBehind } = this.range;
    const { first, last } = this.#blocks.ends();
    const begins =
      first?.firstSequence === fromSequence && first.firstTime === firstTime && first.hashBefore.equals(hashBefore);
    if (!begins) throw brokenCommit(fromSequence, `${this.path} does not begin as it says`);
    const ends = last?.through === through && last.lastTime === lastTime && last.hashBehind.equals(hashBehind);
    if (!ends) throw brokenCommit(through, `${this.path} does not end as it says`);
  }

  close(): void {
    this.#db.close();
  }

  /** Everything but the commits. */
  get frame(): SegmentFrame {
    return this.#frame;
  }

  /**
   * The commits from `range.from` on, in whole blocks; with `verify` their chain and their bodies were recomputed, and `rows` has the row of each.
   * If a later block is broken the page ends before it. `next` is null where the range, or the segment, ends. @throws LedgerError VERIFICATION_FAILED
   */
  page({ range, partitions, verify }: Pick<ReadRequest, 'range' | 'partitions' | 'verify'>): VerifiedPage {
    const wanted = partitions ?? this.#ids;
    const through = Math.min(range.through, this.range.through);
    const commits: StoredCommit[] = [];
    const rows: LinkedRow[] = [];
    let [from, bytes] = [range.from, 0];
    while (from <= through && bytes < PAGE_BYTES) {
      try {
        const read = this.#readBlock(this.#blocks.holding(from), { from, through }, wanted, verify);
        for (const commit of read.commits) commits.push(commit);
        for (const row of read.rows) rows.push(row);
        bytes += read.bytes;
        from = read.next;
      } catch (error) {
        if (from === range.from) throw error;
        break;
      }
    }
    return { commits, rows, next: from <= through ? from : null };
  }

  #readBlock(
    row: BlockRow,
    { from, through }: SequenceRange,
    wanted: readonly PartitionId[],
    verify: boolean,
  ): { commits: StoredCommit[]; rows: LinkedRow[]; bytes: number; next: number } {
    const block = this.#blocks.decode(row, verify ? this.#ids : wanted);
    const isIn = ({ firstSequence, count }: { firstSequence: number; count: number }): boolean =>
      firstSequence + count > from && firstSequence <= through;
    const rows = verify ? this.#blocks.verify(block).filter(isIn) : [];
    const commits = commitsOf(block, wanted).filter(({ commit }) => isIn(commit));
    const last = block.commits.findLast(isIn) as CommitColumns;
    const next = last.firstSequence + last.count;
    const stored = commits.filter(({ frames }) => frames.length > 0);
    return {
      commits: stored.map(({ commit, frames }) => ({ firstSequence: commit.firstSequence, frames })),
      rows,
      bytes: stored.reduce((sum, { frames }) => frames.reduce((all, { body }) => all + body.length, sum), 0),
      next,
    };
  }

  /** Checks the trees of the file: what is read again comes from SQLite's cache, and its pages are not compared again. @throws LedgerError VERIFICATION_FAILED */
  checkStructure(): void {
    checkStructure(this.#db);
  }

  /** Settings of the file, by SQLite's names. */
  settings(): Record<string, string | number> {
    const names = ['journal_mode', 'page_size'];
    return Object.fromEntries(names.map((it) => [it, this.#db.pragma(it, { simple: true }) as string | number]));
  }

  /** Figures of each partition within the segment, by id; null times without events; bytes as they are stored: the plain ones are known when all blocks are decoded. */
  summarize(): readonly Omit<PartitionSummary, 'id' | 'name' | 'isEstimate'>[] {
    try {
      this.#summaries ??= this.#summarize();
      return this.#summaries;
    } catch (error) {
      throw translateError(error, this.path, 'read');
    }
  }

  #summarize(): ReturnType<SegmentFile['summarize']> {
    const parts = this.#db.prepare<[number], RawRow>(
      'SELECT ifnull(sum(length(bodies)), 0) AS bytes FROM part WHERE partition = ?',
    );
    return this.#frame.partitions.map(({ id, firstOffset, nextOffset }) => {
      const bytes = integer(parts.get(id) as RawRow, 'bytes');
      const [first] = this.#columnsIn(id, this.range.fromSequence, 'on');
      const last = this.#columnsIn(id, this.range.through, 'back').at(-1);
      return {
        events: nextOffset - firstOffset,
        bytes,
        storedBytes: bytes,
        nextOffset,
        firstTime: first?.firstTime ?? null,
        lastTime: last?.lastTime ?? null,
      };
    });
  }

  /** The columns of a partition's frames in the first block from a sequence on that has some, or in the last one before. */
  #columnsIn(partition: PartitionId, sequence: number, direction: 'back' | 'on'): CommitColumns['frames'] {
    const row = this.#blocks.withPartition(partition, sequence, direction);
    const commits = row === undefined ? [] : this.#blocks.decode(row, []).commits;
    return commits.flatMap(({ frames }) => frames.filter((frame) => frame.partition === partition));
  }

  /** The block that holds a sequence of the segment. */
  blockHolding(sequence: number): BlockRow {
    return this.#blocks.holding(sequence);
  }

  /** The commit that holds a sequence of the segment. */
  commitHolding(sequence: number): CommitSpan {
    const block = this.#blocks.decode(this.#blocks.holding(sequence), []);
    const commit = block.commits.findLast(({ firstSequence }) => firstSequence <= sequence) as CommitColumns;
    return { first: commit.firstSequence, next: commit.firstSequence + commit.count };
  }

  /** The last frame of a partition whose commit begins before `sequence`; undefined if there is none in the segment. */
  frameBefore(partition: PartitionId, sequence: number): StoredFrame | undefined {
    for (let at = sequence - 1; ; ) {
      const row = this.#blocks.withPartition(partition, at, 'back');
      if (row === undefined) return undefined;
      const frames = this.#blocks.decode(row, [partition]).frames.get(partition) ?? [];
      const found = frames.findLast((frame) => frame.sequence < sequence);
      if (found !== undefined) return found;
      at = row.firstSequence - 1;
    }
  }

  /** Frames of a partition in order, from the first whose commit begins at `sequence` or later. */
  *framesFrom(partition: PartitionId, sequence: number): Generator<StoredFrame, void, undefined> {
    const holding =
      sequence < this.range.fromSequence ? this.range.fromSequence : this.#blocks.holding(sequence).firstSequence;
    let row = this.#blocks.withPartition(partition, holding, 'on');
    while (row !== undefined) {
      const frames = this.#blocks.decode(row, [partition]).frames.get(partition) ?? [];
      for (const frame of frames) if (frame.sequence >= sequence) yield frame;
      row = this.#blocks.withPartition(partition, row.through + 1, 'on');
    }
  }

  /** The first sequence whose time is `at` or later; null if there is none in the segment. Its block is verified. */
  sequenceAtTime(at: Micros): number | null {
    const row = this.#blocks.reaching(at);
    if (row === undefined) return null;
    const { commits } = this.#readBlock(row, { from: row.firstSequence, through: row.through }, this.#ids, true);
    const reaching = commits.find(({ frames }) => frames.some(({ lastTime }) => lastTime >= at));
    const sequences = (reaching?.frames ?? []).flatMap((frame) => {
      const found = firstAtTime(frame, at);
      return found === null ? [] : [found];
    });
    if (sequences.length === 0) throw this.#blocks.broken(row, 'its events end before its last time');
    return Math.min(...sequences);
  }

  /** The partitions that emitters chose for commits that reach into the range. */
  partitionsSentTo({ from, through }: SequenceRange): PartitionId[] {
    const found = new Set<PartitionId>();
    const end = Math.min(through, this.range.through);
    for (let at = Math.max(from, this.range.fromSequence); at <= end; ) {
      const row = this.#blocks.holding(at);
      for (const { firstSequence, count, sentTo } of this.#blocks.decode(row, []).commits)
        if (sentTo !== null && firstSequence + count > from && firstSequence <= through) found.add(sentTo);
      at = row.through + 1;
    }
    return [...found];
  }

  /** Recomputed where the segment has the link before them; the chain hash before others is stored with them. @throws LedgerError VERIFICATION_FAILED */
  #jointsWithin({ epochs, partitions, placements, archives }: SegmentFrame): Joint[] {
    const { uuid, createdAt, config, fromSequence, through } = this.range;
    const joints = epochs.map((row): Joint => {
      const link = {
        ledger: { uuid, createdAt, config },
        epoch: row.epoch,
        fromSequence: row.fromSequence,
        routing: row.routing,
        partitions: partitions.filter(({ epoch }) => epoch <= row.epoch),
        placements: placements.filter(({ epoch }) => epoch === row.epoch),
      };
      const hashAfter = (previous: Buffer): Buffer => hashEpoch(previous, link);
      if (!hashAfter(row.previous).equals(row.hash))
        throw new LedgerError('VERIFICATION_FAILED', {
          message: `${this.path}: epoch ${row.epoch} (ledger settings, routing, partitions or placements) has changed`,
          hint: 'restore an intact copy of this segment',
          details: { segment: this.path, epoch: row.epoch },
        });
      const step = () => ({ kind: 'epoch', link, place: null }) as const;
      return { beforeSequence: row.fromSequence, epoch: row.epoch, archive: null, hash: row.hash, hashAfter, step };
    });
    const all = inChainOrder([...joints, ...archives.map((row) => archiveJoint(uuid, row))]);
    return all.filter(({ beforeSequence }) => beforeSequence > fromSequence && beforeSequence <= through);
  }
}

function checkFormat(db: Database, path: string): void {
  const refuse = (fact: string) =>
    new LedgerError('NOT_A_LEDGER', {
      message: `${path} is not a segment of an archive: ${fact}`,
      hint: 'name another file',
      details: { path },
    });
  if (db.pragma('application_id', { simple: true }) !== SEGMENT_APPLICATION_ID)
    throw refuse('it is a SQLite database of something else');
  const format = db.pragma('user_version', { simple: true }) as number;
  if (format > SEGMENT_FORMAT) {
    throw new LedgerError('NEWER_FORMAT', {
      message: `${path} is a segment of format ${format}, and this completengine reads up to ${SEGMENT_FORMAT}`,
      hint: 'use a newer completengine; the file was not touched',
      details: { path, format, known: SEGMENT_FORMAT },
    });
  }
  const difference = segmentDifference(db);
  if (difference !== null) throw refuse(difference);
}

function readRange(db: Database): SegmentRange {
  const row = db.prepare<[], RawRow>('SELECT * FROM segment').get() ?? {};
  return {
    uuid: uuid(row),
    createdAt: integer(row, 'created_at'),
    config: text(row, 'config'),
    fromSequence: positive(row, 'from_sequence'),
    through: positive(row, 'through'),
    firstTime: time(row, 'first_time'),
    lastTime: time(row, 'last_time'),
    commits: positive(row, 'commits'),
    hashBefore: blob(row, 'hash_before'),
    hashBehind: blob(row, 'hash_behind'),
  };
}

/** @throws LedgerError VERIFICATION_FAILED */
function readFrame(db: Database): Omit<SegmentFrame, 'ledger'> {
  const frame = readFrameRows(db);
  const { partitions } = frame;
  // the numbers of partitions are used as indexes, and for each a table is made
  if (partitions.length > PARTITIONS_MAX || partitions.some(({ id }, at) => id !== at))
    throw damaged('partition', 'not in its place');
  return frame;
}

function readFrameRows(db: Database): Omit<SegmentFrame, 'ledger'> {
  const all = (sql: string): RawRow[] => db.prepare<[], RawRow>(sql).all();
  return {
    epochs: all('SELECT * FROM epoch ORDER BY epoch').map(
      (row): SegmentEpoch => ({
        epoch: positive(row, 'epoch'),
        fromSequence: positive(row, 'from_sequence'),
        routing: text(row, 'routing'),
        previous: blob(row, 'previous'),
        hash: blob(row, 'hash'),
      }),
    ),
    partitions: all('SELECT * FROM partition ORDER BY id').map(
      (row): SegmentPartition => ({
        id: natural(row, 'id'),
        name: name(row, 'name'),
        tableName: text(row, 'table_name'),
        epoch: positive(row, 'epoch'),
        firstOffset: natural(row, 'first_offset'),
        nextOffset: natural(row, 'next_offset'),
      }),
    ),
    placements: all('SELECT * FROM placements ORDER BY epoch, key').map((row) => ({
      epoch: integer(row, 'epoch'),
      key: text(row, 'key'),
      partition: integer(row, 'partition'),
    })),
    archives: readArchiveRows(db),
  };
}

/** Each commit of a block with its frames of these partitions. */
function commitsOf(
  { commits, frames }: DecodedBlock,
  partitions: readonly PartitionId[],
): { commit: CommitColumns; frames: StoredFrame[] }[] {
  const next = new Map<PartitionId, number>(partitions.map((partition) => [partition, 0]));
  return commits.map((commit) => {
    const own: StoredFrame[] = [];
    for (const { partition } of commit.frames) {
      const at = next.get(partition);
      if (at === undefined) continue;
      own.push(frames.get(partition)?.[at] as StoredFrame);
      next.set(partition, at + 1);
    }
    return { commit, frames: own };
  });
}

function firstAtTime(frame: StoredFrame, at: Micros): number | null {
  let found: number | null = null;
  walkFrameBody(frame.body, (sequenceDelta, timeDelta) => {
    if (found === null && frame.firstTime + timeDelta >= at) found = frame.sequence + sequenceDelta;
  });
  return found;
}
