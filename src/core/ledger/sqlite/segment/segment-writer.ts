/** Writes the file of a segment from whole commits in order, in one transaction: a file that is not finished has no tables. */

import type { Database } from 'better-sqlite3';
import { invariant } from '../../../model/ledger-error.ts';
import type { ArchiveRow } from '../../protocol/joints.ts';
import { type Joint, jointBefore } from '../../protocol/joints.ts';
import { insertArchiveRow } from '../archive/archive-rows.ts';
import { betterSqlite3 } from '../connection/better-sqlite3.ts';
import { doNotSync, SEQUENTIAL_CACHE_KIB } from '../connection/connection.ts';
import type { EpochRow, LedgerRow, PartitionRow, PlacementRow } from '../connection/identity.ts';
import { BLOCK_BYTES, BLOCK_COMMITS_MAX, encodeBlock, type WholeCommit } from './block-codec.ts';
import { SEGMENT_APPLICATION_ID, SEGMENT_FORMAT, SEGMENT_PAGE_BYTES, segmentSql } from './segment-schema.ts';

/** An epoch with the chain hash before it: that of an earlier segment cannot be recomputed. */
export interface SegmentEpoch extends EpochRow {
  readonly previous: Buffer;
}

export interface SegmentPartition extends PartitionRow {
  /** Offset of its first event from the segment's first sequence on. */
  readonly firstOffset: number;
  /** Offset after its last event in the segment. */
  readonly nextOffset: number;
}

/** What a segment holds besides its commits. */
export interface SegmentFrame {
  readonly ledger: LedgerRow;
  /** All that begin at the segment's last sequence or before. */
  readonly epochs: readonly SegmentEpoch[];
  readonly partitions: readonly SegmentPartition[];
  readonly placements: readonly PlacementRow[];
  /** Those within the segment: after its first commit. */
  readonly archives: readonly ArchiveRow[];
}

export class SegmentWriter {
  readonly #db: Database;
  readonly #joints: readonly Joint[];
  readonly #release: (commits: readonly WholeCommit[]) => void;
  #pending: WholeCommit[] = [];
  #pendingBytes = 0;
  /** Chain hash before the commits that are pending. */
  #hash: Buffer;
  readonly #hashBefore: Buffer;
  #first: WholeCommit | undefined;
  #last: WholeCommit | undefined;
  #commits = 0;

  /**
   * `path`: an empty file. `hashBefore`: what the hash of the first commit covers. `joints`: those within the segment, in the order of the chain.
   * `release` gets commits whose memory is not needed any more. The file is locked until the writer is closed: a second one is refused by SQLite as busy.
   */
  constructor(
    path: string,
    hashBefore: Buffer,
    joints: readonly Joint[],
    release: (commits: readonly WholeCommit[]) => void = () => {},
  ) {
    this.#db = new (betterSqlite3())(path, { timeout: 0, fileMustExist: true });
    this.#hash = this.#hashBefore = hashBefore;
    this.#joints = joints;
    this.#release = release;
    try {
      this.#db.pragma(`page_size = ${SEGMENT_PAGE_BYTES}`);
      // What blocks refer to is written at the end, when it is known.
      this.#db.pragma('foreign_keys = OFF');
      this.#db.pragma('locking_mode = EXCLUSIVE');
      // The file is synced as a whole when it is complete; until then nothing refers to it.
      this.#db.pragma('journal_mode = MEMORY');
      doNotSync(this.#db);
      this.#db.pragma(`cache_size = -${SEQUENTIAL_CACHE_KIB}`);
      this.#db.exec('BEGIN EXCLUSIVE');
      for (const sql of segmentSql()) this.#db.exec(sql);
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  /** Takes the next commit, which was verified. */
  add(commit: WholeCommit): void {
    const { row, frames } = commit;
    const next = this.#last === undefined ? row.firstSequence : this.#last.row.firstSequence + this.#last.row.count;
    invariant(row.firstSequence === next, `a segment continues at ${next}, not at ${row.firstSequence}`);
    const bytes = frames.reduce((sum, { key, body }) => sum + body.length + (key?.length ?? 0), 0);
    if (this.#pending.length > 0 && this.#pendingBytes + bytes > BLOCK_BYTES) this.#flush();
    this.#pending.push(commit);
    this.#pendingBytes += bytes;
    this.#first ??= commit;
    this.#last = commit;
    this.#commits++;
    if (this.#pending.length === BLOCK_COMMITS_MAX) this.#flush();
  }

  /** Writes the rest. The file is whole, and stays locked. At least one commit was added. */
  finish({ ledger, epochs, partitions, placements, archives }: SegmentFrame): void {
    this.#flush();
    const [first, last] = [this.#first?.row, this.#last?.row];
    invariant(first !== undefined && last !== undefined, 'a segment has at least one commit');
    const db = this.#db;
    db.prepare(
      'INSERT INTO segment (id, uuid, created_at, config, from_sequence, through, first_time, last_time, commits, hash_before, hash_behind) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ).run(
      ledger.uuid,
      ledger.createdAt,
      ledger.config,
      first.firstSequence,
      last.firstSequence + last.count - 1,
      first.firstTime,
      last.lastTime,
      this.#commits,
      this.#hashBefore,
      last.hash,
    );
    const epoch = db.prepare(
      'INSERT INTO epoch (epoch, from_sequence, routing, previous, hash) VALUES (?, ?, ?, ?, ?)',
    );
    for (const row of epochs) epoch.run(row.epoch, row.fromSequence, row.routing, row.previous, row.hash);
    const partition = db.prepare(
      'INSERT INTO partition (id, name, table_name, epoch, first_offset, next_offset) VALUES (?, ?, ?, ?, ?, ?)',
    );
    for (const row of partitions)
      partition.run(row.id, row.name, row.tableName, row.epoch, row.firstOffset, row.nextOffset);
    const placement = db.prepare('INSERT INTO placements (epoch, key, partition) VALUES (?, ?, ?)');
    for (const row of placements) placement.run(row.epoch, row.key, row.partition);
    for (const row of archives) insertArchiveRow(db, row);
    db.pragma(`application_id = ${SEGMENT_APPLICATION_ID}`);
    db.pragma(`user_version = ${SEGMENT_FORMAT}`);
    db.exec('COMMIT');
  }

  /** Closes the file, which is of no use unless it was finished. */
  close(): void {
    this.#db.close();
  }

  #flush(): void {
    if (this.#pending.length === 0) return;
    const block = encodeBlock(this.#pending);
    const { firstSequence, through, firstTime, lastTime, commits, parts } = block;
    const before = jointBefore(this.#joints, firstSequence)?.hash ?? this.#hash;
    this.#hash = this.#pending.at(-1)?.row.hash ?? this.#hash;
    this.#db
      .prepare(
        'INSERT INTO block (first_sequence, through, first_time, last_time, hash_before, hash_behind, commits) VALUES (?, ?, ?, ?, ?, ?, ?)',
      )
      .run(firstSequence, through, firstTime, lastTime, before, this.#hash, commits);
    const insertPart = this.#db.prepare(
      'INSERT INTO part (partition, block, first_offset, count, bodies) VALUES (?, ?, ?, ?, ?)',
    );
    for (const { partition, firstOffset, count, bodies } of parts)
      insertPart.run(partition, firstSequence, firstOffset, count, bodies);
    this.#release(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
  }
}
