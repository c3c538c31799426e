/** Walks stored commits link by link and recomputes the chain. The first link that differs is named in an error, and nothing of it is returned. */

import type { Database } from 'better-sqlite3';
import type { Page, ReadRequest } from '../../../model/events/history.ts';
import type { PartitionId } from '../../../model/routing/partition.ts';
import { brokenCommit, missingSequences } from '../../protocol/broken-commit.ts';
import type { FrameLink } from '../../protocol/chain.ts';
import { type CommitRow, checkLink, type HashedFrame, type LinkedRow } from '../../protocol/link-check.ts';
import { blob, clientName, integer, natural, positive, type RawRow, time } from '../connection/rows.ts';
import { partitionTable } from '../connection/schema.ts';
import { ChainJoints, type Place } from './chain-joints.ts';
import { overPartitions } from './over-partitions.ts';
import { FRAME_COLUMNS, type FrameReader, groupByCommit, toFrameLink } from './read.ts';

export interface VerifiedPage extends Page {
  /** Every commit of the page, also one without frames in `commits`. */
  readonly rows: readonly LinkedRow[];
}

const COLUMNS =
  'first_sequence, count, first_time, last_time, committed_at, producer, producer_position, producer_digest, sent_to, hash';

export class ChainWalk {
  readonly #db: Database;
  readonly #reader: FrameReader;
  readonly #joints: ChainJoints;

  constructor(db: Database, reader: FrameReader) {
    this.#db = db;
    this.#reader = reader;
    this.#joints = new ChainJoints(db, reader.statements);
  }

  /**
   * One page with every commit in it verified: its link, and the bodies of the partitions asked for. The link before the page is
   * trusted; a walk from the first sequence has verified it.
   * @throws LedgerError VERIFICATION_FAILED
   */
  page(request: ReadRequest): VerifiedPage {
    return this.#reader.narrowingDown(request.range.from, () => this.#page(request));
  }

  #page(request: ReadRequest): VerifiedPage {
    return this.#db
      .transaction(() => {
        const { range } = request;
        if (range.from > range.through) return { commits: [], rows: [], next: null };
        const from = this.#reader.firstOf(request).first;
        const wanted = new Set(request.partitions ?? this.#joints.partitions.map(({ id }) => id));
        const rows = this.#commitRows(from, range.through, [...wanted]);
        // In a damaged tree one query may find a row that another does not.
        if (rows.length === 0) throw missingSequences(range.from, null);
        const end = (rows.at(-1) as CommitRow).firstSequence;
        const frames = this.#reader.frames(from, end, [...wanted]);
        const links = this.#links(from, end, wanted, frames);

        let place = this.#joints.placeBefore(from);
        const linked = rows.map((row): LinkedRow => {
          const own = links.get(row.firstSequence) ?? [];
          place = this.#step(place, row, own);
          links.delete(row.firstSequence);
          return { ...row, frames: own };
        });
        const [orphan] = links.keys();
        if (orphan !== undefined) throw brokenCommit(orphan, 'there are frames without their commit');
        this.#reader.checkBodies(frames);
        if (place.next <= range.from) throw missingSequences(place.next, null);
        this.#joints.checkThrough(place.next - 1, this.#reader.provenJoints);
        const next = place.next <= range.through ? place.next : null;
        if (next === null) this.#reader.checkEnd(range.through, [...wanted]);
        this.#reader.growPages(rows.length, frames);
        return { commits: groupByCommit(frames), rows: linked, next };
      })
      .deferred();
  }

  /**
   * Recomputes the link of one commit over the hashes that are stored with its frames; no body is read. `known`: frames of it that were read before.
   * `partitions`: the other ones that may have a frame of it; default: all. @throws LedgerError VERIFICATION_FAILED
   */
  checkLink(
    firstSequence: number,
    { known, partitions }: { readonly known: readonly FrameLink[]; readonly partitions: readonly PartitionId[] } = this
      .#nothingKnown,
  ): void {
    const row = this.#reader.statements
      .get<[number], RawRow>(`SELECT ${COLUMNS} FROM commits WHERE first_sequence = ?`)
      .get(firstSequence);
    if (row === undefined) throw missingSequences(firstSequence, null);
    const frames = [...known, ...this.#linksOf(firstSequence, partitions)];
    frames.sort((one, other) => one.partition - other.partition);
    this.#step(this.#joints.placeBefore(firstSequence), toCommitRow(row), frames);
  }

  /** Links of the frames of one commit. */
  #linksOf(commit: number, partitions: readonly PartitionId[]): FrameLink[] {
    if (partitions.length === 0) return [];
    const sql = overPartitions(
      partitions,
      (table, id) => `SELECT ${id} AS partition, ${FRAME_COLUMNS} FROM ${table} WHERE sequence = :commit`,
    );
    const rows = this.#db.prepare<[object], RawRow>(sql).all({ commit });
    return rows.map((row) => toFrameLink(natural(row, 'partition'), row));
  }

  get #nothingKnown() {
    return { known: [], partitions: this.#joints.partitions.map(({ id }) => id) };
  }

  /** Recomputes every link that is no commit. @throws LedgerError VERIFICATION_FAILED */
  checkJoints(): void {
    this.#joints.checkAll();
  }

  /** Recomputes the last of these links. @throws LedgerError VERIFICATION_FAILED */
  checkLastJoints(): void {
    this.#joints.checkLast();
  }

  get joints(): ChainJoints {
    return this.#joints;
  }

  /** The commits of one page. */
  #commitRows(from: number, through: number, partitions: readonly PartitionId[]): CommitRow[] {
    const { statements, commitsPerPage } = this.#reader;
    const rows = statements
      .get<[number, number, number], RawRow>(
        `SELECT ${COLUMNS} FROM commits WHERE first_sequence BETWEEN ? AND ? ORDER BY first_sequence LIMIT ?`,
      )
      .all(from, through, commitsPerPage)
      .map(toCommitRow);
    const last = rows.at(-1)?.firstSequence;
    // one commit is a page, whatever it weighs
    const end = last === undefined || rows.length === 1 ? null : this.#reader.pageEnd(from, last, partitions);
    return end === null ? rows : rows.filter(({ firstSequence }) => firstSequence <= end);
  }

  /** Links of frames by commit, in the order of their partitions; bodies of partitions that are not wanted are not read. */
  #links(
    from: number,
    end: number,
    wanted: ReadonlySet<PartitionId>,
    frames: readonly HashedFrame[],
  ): Map<number, FrameLink[]> {
    const all: FrameLink[] = [...frames];
    for (const { id } of this.#joints.partitions) {
      if (wanted.has(id)) continue;
      const rows = this.#reader.statements
        .get<[number, number], RawRow>(
          `SELECT ${FRAME_COLUMNS} FROM ${partitionTable(id)} WHERE sequence BETWEEN ? AND ? ORDER BY sequence`,
        )
        .all(from, end);
      for (const row of rows) all.push(toFrameLink(id, row));
    }
    const links = new Map<number, FrameLink[]>();
    for (const link of all.sort((one, other) => one.sequence - other.sequence || one.partition - other.partition)) {
      const siblings = links.get(link.sequence);
      if (siblings === undefined) links.set(link.sequence, [link]);
      else siblings.push(link);
    }
    return links;
  }

  #step(place: Place, row: CommitRow, frames: readonly FrameLink[]): Place {
    if (row.firstSequence !== place.next) throw missingSequences(place.next, row.firstSequence);
    const previous = this.#joints.before(row.firstSequence)?.hash ?? place.hash;
    checkLink(previous, this.#joints.ledger.uuid, row, frames);
    return { hash: row.hash, next: row.firstSequence + row.count };
  }
}

function toCommitRow(row: RawRow): CommitRow {
  const firstSequence = positive(row, 'first_sequence');
  try {
    return {
      firstSequence,
      count: positive(row, 'count'),
      firstTime: time(row, 'first_time'),
      lastTime: time(row, 'last_time'),
      committedAt: integer(row, 'committed_at'),
      producer: row['producer'] === null ? null : clientName(row, 'producer'),
      producerPosition: row['producer_position'] === null ? null : natural(row, 'producer_position'),
      producerDigest: row['producer_digest'] === null ? null : blob(row, 'producer_digest'),
      sentTo: row['sent_to'] === null ? null : natural(row, 'sent_to'),
      hash: blob(row, 'hash'),
    };
  } catch (error) {
    throw brokenCommit(firstSequence, (error as Error).message, error);
  }
}
