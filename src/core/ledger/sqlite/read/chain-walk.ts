/** Walks stored commits link by link and recomputes the chain. The first link that differs is named in an error, and nothing of it is returned. */

import type { Database } from 'better-sqlite3';
import type { Page, ReadRequest } from '../../../model/events/history.ts';
import type { PartitionId } from '../../../model/routing/partition.ts';
import { brokenCommit, missingSequences } from '../../protocol/broken-commit.ts';
import { type FrameLink, GENESIS, hashEpoch } from '../../protocol/chain.ts';
import { type CommitRow, checkBodies, checkLink, type HashedFrame } from '../../protocol/link-check.ts';
import {
  type EpochRow,
  hasStrayPlacements,
  type LedgerRow,
  type PartitionRow,
  readEpochRows,
  readLedgerRow,
  readPartitionRows,
  readPlacementRows,
} from '../connection/identity.ts';
import { blob, integer, name, natural, positive, type RawRow, time } from '../connection/rows.ts';
import { partitionTable } from '../connection/schema.ts';
import { FRAME_COLUMNS, type FrameReader, groupByCommit, toFrameLink } from './read.ts';

export interface VerifiedPage extends Page {
  /** The row of each of `commits`. */
  readonly rows: readonly CommitRow[];
}

const COLUMNS =
  'first_sequence, count, first_time, last_time, committed_at, producer, producer_position, producer_digest, sent_to, hash';

/** A position in the chain: the hash before the next commit, and its first sequence. */
interface Place {
  readonly hash: Buffer;
  readonly next: number;
}

export class ChainWalk {
  readonly #db: Database;
  readonly #reader: FrameReader;
  readonly #ledger: LedgerRow;
  readonly #partitions: readonly PartitionRow[];
  readonly #epochs: readonly EpochRow[];

  constructor(db: Database, reader: FrameReader) {
    this.#db = db;
    this.#reader = reader;
    // In one snapshot: an epoch that begins in between would be read without its partitions.
    const read = db
      .transaction(() => ({ ledger: readLedgerRow(db), partitions: readPartitionRows(db), epochs: readEpochRows(db) }))
      .deferred();
    this.#ledger = read.ledger;
    this.#partitions = read.partitions;
    this.#epochs = read.epochs;
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
        const wanted = new Set(request.partitions ?? this.#partitions.map(({ id }) => id));
        const rows = this.#commitRows(from, range.through, [...wanted]);
        // In a damaged tree one query may find a row that another does not.
        if (rows.length === 0) throw missingSequences(range.from, null);
        const end = (rows.at(-1) as CommitRow).firstSequence;
        const frames = this.#reader.frames(from, end, [...wanted]);
        const links = this.#links(from, end, wanted, frames);

        let place = this.#placeBefore(from);
        for (const row of rows) {
          place = this.#step(place, row, links.get(row.firstSequence) ?? []);
          links.delete(row.firstSequence);
        }
        const [orphan] = links.keys();
        if (orphan !== undefined) throw brokenCommit(orphan, 'there are frames without their commit');
        checkBodies(frames);
        if (place.next <= range.from) throw missingSequences(place.next, null);
        this.#checkEpochsThrough(place.next - 1);
        const next = place.next <= range.through ? place.next : null;
        if (next === null) this.#reader.checkEnd(range.through, [...wanted]);
        this.#reader.growPages(rows.length, frames);
        return { commits: groupByCommit(frames), rows, next };
      })
      .deferred();
  }

  /** Recomputes the link of one commit over the hashes that are stored with its frames; no body is read. @throws LedgerError VERIFICATION_FAILED */
  checkLink(firstSequence: number): void {
    const row = this.#reader.statements
      .get<[number], RawRow>(`SELECT ${COLUMNS} FROM commits WHERE first_sequence = ?`)
      .get(firstSequence);
    if (row === undefined) throw missingSequences(firstSequence, null);
    const frames = this.#links(firstSequence, firstSequence, new Set(), []).get(firstSequence) ?? [];
    this.#step(this.#placeBefore(firstSequence), toCommitRow(row), frames);
  }

  /** Recomputes the beginning of every epoch. @throws LedgerError VERIFICATION_FAILED */
  checkEpochs(): void {
    for (const at of this.#epochs.keys()) this.#checkEpoch(at);
    this.#checkLayout();
  }

  /** Recomputes the beginning of the last epoch, which covers the settings and all partitions. @throws LedgerError VERIFICATION_FAILED */
  checkLastEpoch(): void {
    this.#checkEpoch(this.#epochs.length - 1);
    this.#checkLayout();
  }

  /**
   * Recomputes the epochs up to a sequence, each once: events are shown with their names, keys and settings. Events before a broken epoch can still be read.
   */
  #checkEpochsThrough(sequence: number): void {
    const proven = this.#reader.provenEpochs;
    if (proven.size === 0) this.#checkLayout();
    for (const [at, { fromSequence, epoch }] of this.#epochs.entries()) {
      if (fromSequence > sequence || proven.has(epoch)) continue;
      this.#checkEpoch(at);
      proven.add(epoch);
    }
  }

  #checkEpoch(at: number): void {
    const row = this.#epochs[at];
    if (row === undefined) throw brokenCommit(1, 'there is no epoch');
    const before = this.#epochs[at - 1];
    const isSamePlace = before !== undefined && before.fromSequence === row.fromSequence;
    const previous = isSamePlace ? before.hash : this.#lastCommitBefore(row.fromSequence).hash;
    const partitions = this.#partitions.filter(({ epoch }) => epoch <= row.epoch);
    const placements = readPlacementRows(this.#db, row.epoch);
    const link = {
      ledger: this.#ledger,
      epoch: row.epoch,
      fromSequence: row.fromSequence,
      routing: row.routing,
      partitions,
      placements,
    };
    if (row.epoch !== at + 1 || !hashEpoch(previous, link).equals(row.hash)) {
      throw brokenCommit(
        row.fromSequence,
        `epoch ${row.epoch} (ledger settings, routing, partitions or placements) has changed`,
      );
    }
  }

  /** Checks that no placement or partition exists without its epoch. */
  #checkLayout(): void {
    if (hasStrayPlacements(this.#db)) throw brokenCommit(1, 'there are placements of no epoch');
    const stranger = this.#partitions.find(
      (row, at) => row.id !== at || row.tableName !== partitionTable(row.id) || row.epoch > this.#epochs.length,
    );
    if (stranger !== undefined) throw brokenCommit(1, `partition ${stranger.id} has changed`);
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
    for (const { id } of this.#partitions) {
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

  #placeBefore(firstSequence: number): Place {
    const epoch = this.#epochStartingAt(firstSequence);
    const commit = this.#lastCommitBefore(firstSequence);
    return { hash: epoch?.hash ?? commit.hash, next: commit.next };
  }

  #lastCommitBefore(sequence: number): Place {
    const row = this.#reader.statements
      .get<[number], RawRow>(
        'SELECT first_sequence, count, hash FROM commits WHERE first_sequence < ? ORDER BY first_sequence DESC LIMIT 1',
      )
      .get(sequence);
    return row === undefined
      ? { hash: GENESIS, next: 1 }
      : { hash: blob(row, 'hash'), next: positive(row, 'first_sequence') + positive(row, 'count') };
  }

  /** Several epochs may begin at one sequence; the last one is the link before the commit there. */
  #epochStartingAt(sequence: number): EpochRow | undefined {
    return this.#epochs.findLast((row) => row.fromSequence === sequence);
  }

  #step(place: Place, row: CommitRow, frames: readonly FrameLink[]): Place {
    if (row.firstSequence !== place.next) throw missingSequences(place.next, row.firstSequence);
    const previous = this.#epochStartingAt(row.firstSequence)?.hash ?? place.hash;
    checkLink(previous, this.#ledger.uuid, row, frames);
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
      producer: row['producer'] === null ? null : name(row, 'producer'),
      producerPosition: row['producer_position'] === null ? null : natural(row, 'producer_position'),
      producerDigest: row['producer_digest'] === null ? null : blob(row, 'producer_digest'),
      sentTo: row['sent_to'] === null ? null : natural(row, 'sent_to'),
      hash: blob(row, 'hash'),
    };
  } catch (error) {
    throw brokenCommit(firstSequence, (error as Error).message, error);
  }
}
