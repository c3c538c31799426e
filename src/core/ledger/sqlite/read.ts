/** Reads pages of whole commits, bounded in bytes, each in one short read transaction: a slow reader of the output pins no WAL. */

import type { Database } from 'better-sqlite3';
import type { StoredCommit, StoredFrame } from '../../model/commit.ts';
import { brokenFrame } from '../../model/event-columns.ts';
import type { Page, ReadRequest } from '../../model/history.ts';
import { LedgerError } from '../../model/ledger-error.ts';
import type { PartitionId } from '../../model/partition.ts';
import type { FrameLink } from '../chain.ts';
import { blob, integer, type RawRow, textOrNull } from './rows.ts';
import { partitionTable } from './schema.ts';
import { Statements } from './statements.ts';

const PAGE_BYTES_TARGET = 4 * 1024 * 1024;
const COMMITS_MAX = 2048;

const COLUMNS = 'sequence, offset, count, first_time, last_time, key, hash';

/** A frame with the hash its row carries. */
export interface HashedFrame extends StoredFrame {
  readonly hash: Buffer;
}

export class FrameReader {
  readonly statements: Statements;
  readonly #db: Database;
  /** Commits a page holds; follows what the commits before turned out to weigh. */
  #commitsPerPage = 1;

  constructor(db: Database) {
    this.#db = db;
    this.statements = new Statements(db);
  }

  /** Frames of the partitions whose commit begins within `[from, through]`, by commit and then by partition. */
  frames(from: number, through: number, partitions: readonly PartitionId[]): HashedFrame[] {
    const frames: HashedFrame[] = [];
    for (const partition of partitions) {
      const rows = this.statements
        .get<[number, number], RawRow>(`SELECT ${COLUMNS}, body FROM ${partitionTable(partition)} WHERE sequence BETWEEN ? AND ? ORDER BY sequence`)
        .all(from, through);
      for (const row of rows) frames.push(toFrame(partition, row));
    }
    return frames.sort((one, other) => one.sequence - other.sequence || one.partition - other.partition);
  }

  framesAt(commit: number): HashedFrame[] {
    return this.frames(commit, commit, this.partitionIds());
  }

  /** The last frame of a partition whose commit begins before `sequence`. */
  frameBefore(partition: PartitionId, sequence: number): HashedFrame | undefined {
    const row = this.statements
      .get<[number], RawRow>(`SELECT ${COLUMNS}, body FROM ${partitionTable(partition)} WHERE sequence < ? ORDER BY sequence DESC LIMIT 1`)
      .get(sequence);
    return row === undefined ? undefined : toFrame(partition, row);
  }

  partitionIds(): PartitionId[] {
    return this.statements.get<[], number>('SELECT id FROM partition ORDER BY id').pluck().all();
  }

  /** The first sequence of the commit that holds `sequence`. */
  commitHolding(sequence: number): number {
    return (this.statements.get('SELECT max(first_sequence) FROM commits WHERE first_sequence <= ?').pluck().get(sequence) as number | null) ?? 1;
  }

  /** One page, unverified. */
  page(request: ReadRequest): Page {
    return this.narrowingDown(() => this.#page(request));
  }

  #page(request: ReadRequest): Page {
    return this.#db
      .transaction(() => {
        const { range } = request;
        const partitions = request.partitions ?? this.partitionIds();
        const from = this.commitHolding(range.from);
        const end = this.#pageEnd(from, range.through, partitions);
        if (end === null) return { commits: [], next: null };
        const frames = this.frames(from, end, partitions);
        this.weigh(frames);
        return { commits: groupByCommit(frames), next: this.#commitAfter(end, range.through) };
      })
      .deferred();
  }

  /** The first sequence of the commit behind the one at `sequence`; null where it lies behind the range. */
  #commitAfter(sequence: number, through: number): number | null {
    return this.statements.get('SELECT min(first_sequence) FROM commits WHERE first_sequence > ? AND first_sequence <= ?').pluck().get(sequence, through) as
      | number
      | null;
  }

  get commitsPerPage(): number {
    return this.#commitsPerPage;
  }

  /** Reads a page that turns out to be broken again, one commit long: what is sound before the broken one is told, and that one is named. */
  narrowingDown<Read extends Page>(read: () => Read): Read {
    try {
      return read();
    } catch (error) {
      const isBroken = error instanceof LedgerError && error.code === 'VERIFICATION_FAILED';
      if (!isBroken || this.#commitsPerPage === 1) throw error;
      this.#commitsPerPage = 1;
      return read();
    }
  }

  /** Takes the page just read as the measure for the next one. */
  weigh(frames: readonly StoredFrame[]): void {
    const bytes = frames.reduce((sum, frame) => sum + frame.body.length, 0);
    if (bytes < PAGE_BYTES_TARGET / 2) this.#commitsPerPage = Math.min(this.#commitsPerPage * 4, COMMITS_MAX);
    else if (bytes > PAGE_BYTES_TARGET * 2) this.#commitsPerPage = Math.max(1, Math.floor(this.#commitsPerPage / 2));
  }

  /**
   * The last commit start that a page from `from` may reach so that no partition gives more frames than a page's worth; null where nothing is
   * left. A partition that gives fewer sets no bound, so an empty one costs nothing however long its neighbours are.
   */
  #pageEnd(from: number, through: number, partitions: readonly PartitionId[]): number | null {
    let end = through;
    let hasAny = false;
    for (const partition of partitions) {
      const starts = this.statements
        .get<[number, number, number], number>(`SELECT sequence FROM ${partitionTable(partition)} WHERE sequence BETWEEN ? AND ? ORDER BY sequence LIMIT ?`)
        .pluck()
        .all(from, through, this.#commitsPerPage);
      hasAny ||= starts.length > 0;
      if (starts.length === this.#commitsPerPage) end = Math.min(end, starts.at(-1) as number);
    }
    return hasAny ? end : null;
  }
}

export function toFrame(partition: PartitionId, row: RawRow): HashedFrame {
  try {
    return { ...toFrameLink(partition, row), body: blob(row, 'body') };
  } catch (error) {
    throw brokenFrame({ partition, sequence: integer(row, 'sequence') }, (error as Error).message);
  }
}

/** A frame without its body. */
export function toFrameLink(partition: PartitionId, row: RawRow): FrameLink {
  return {
    partition,
    sequence: integer(row, 'sequence'),
    offset: integer(row, 'offset'),
    count: integer(row, 'count'),
    firstTime: integer(row, 'first_time'),
    lastTime: integer(row, 'last_time'),
    key: textOrNull(row, 'key'),
    hash: blob(row, 'hash'),
  };
}

/** Frames that are sorted by commit, as commits. */
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
