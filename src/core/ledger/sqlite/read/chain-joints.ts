/** The links of a ledger's chain that are no commits, as of one moment: recomputes them, and finds the chain hash before any of them. */

import type { Database } from 'better-sqlite3';
import { brokenCommit } from '../../protocol/broken-commit.ts';
import { type EpochLink, GENESIS, hashEpoch } from '../../protocol/chain.ts';
import { type ArchiveRow, archiveJoint, inChainOrder, type Joint, jointBefore } from '../../protocol/joints.ts';
import { readArchiveRows } from '../archive/archive-rows.ts';
import { type LiveStart, liveStartAfter } from '../archive/live-start.ts';
import {
  type EpochRow,
  hasStrayPlacements,
  type LedgerRow,
  type PartitionRow,
  type PlacementRow,
  parseEpoch,
  readEpochRows,
  readLedgerRow,
  readPartitionRows,
  readPlacementRows,
} from '../connection/identity.ts';
import { blob, positive, type RawRow } from '../connection/rows.ts';
import { partitionTable } from '../connection/schema.ts';
import type { Statements } from '../connection/statements.ts';

const HASH_BYTES = 32;

/** A position in the chain: the hash before the next commit, and its first sequence. */
export interface Place {
  readonly hash: Buffer;
  readonly next: number;
}

export class ChainJoints {
  readonly #db: Database;
  readonly #statements: Statements;
  readonly ledger: LedgerRow;
  readonly partitions: readonly PartitionRow[];
  readonly epochs: readonly EpochRow[];
  readonly archives: readonly ArchiveRow[];
  /** In the order of the chain. */
  readonly all: readonly Joint[];
  readonly start: LiveStart;

  constructor(db: Database, statements: Statements) {
    this.#db = db;
    this.#statements = statements;
    // In one snapshot: an epoch that begins in between would be read without its partitions.
    const read = db
      .transaction(() => ({
        ledger: readLedgerRow(db),
        partitions: readPartitionRows(db),
        epochs: readEpochRows(db),
        archives: readArchiveRows(db),
      }))
      .deferred();
    this.ledger = read.ledger;
    this.partitions = read.partitions;
    this.epochs = read.epochs;
    this.archives = read.archives;
    this.start = liveStartAfter(read.archives.at(-1) ?? null);
    this.all = inChainOrder([
      ...read.epochs.map((row) => this.#epochJoint(row)),
      ...read.archives.map((row) => archiveJoint(read.ledger.uuid, row)),
    ]);
  }

  /** The last joint before the commit at `sequence`. */
  before(sequence: number): Joint | undefined {
    return jointBefore(this.all, sequence);
  }

  /** What the commit at `firstSequence` is linked to. */
  placeBefore(firstSequence: number): Place {
    const commit = this.lastCommitBefore(firstSequence);
    return { hash: this.before(firstSequence)?.hash ?? commit.hash, next: commit.next };
  }

  /** The chain hash of the last commit before a sequence. Among archived commits: before a joint or the beginning of a run. */
  lastCommitBefore(sequence: number): Place {
    if (sequence <= this.start.sequence) return { hash: this.#hashInArchive(sequence), next: sequence };
    const row = this.#statements
      .get<[number, number], RawRow>(
        'SELECT first_sequence, count, hash FROM commits WHERE first_sequence < ? AND first_sequence >= ? ORDER BY first_sequence DESC LIMIT 1',
      )
      .get(sequence, this.start.sequence);
    return row === undefined
      ? { hash: this.start.hash, next: this.start.sequence }
      : { hash: blob(row, 'hash'), next: positive(row, 'first_sequence') + positive(row, 'count') };
  }

  /** The chain hash before a joint. */
  previousOf(at: number): Buffer {
    const joint = this.all[at] as Joint;
    const before = this.all[at - 1];
    return before?.beforeSequence === joint.beforeSequence
      ? before.hash
      : this.lastCommitBefore(joint.beforeSequence).hash;
  }

  /** Of all epochs. */
  get placements(): readonly PlacementRow[] {
    return readPlacementRows(this.#db);
  }

  /** @throws LedgerError VERIFICATION_FAILED */
  checkAll(): void {
    for (const at of this.all.keys()) this.#check(at);
    this.#checkLayout();
  }

  /**
   * Recomputes the last epoch, which covers the settings and all partitions, those before it whose placements are still in force, and the last record of an
   * archived run. @throws LedgerError VERIFICATION_FAILED
   */
  checkLast(): void {
    const last = this.epochs.at(-1);
    if (last === undefined) throw brokenCommit(1, 'there is no epoch');
    const since = parseEpoch(this.#db, last).placedFrom ?? last.epoch;
    const lastArchive = this.all.findLastIndex(({ archive }) => archive !== null);
    for (const [at, { archive, epoch }] of this.all.entries())
      if (at === lastArchive || (archive === null && epoch >= since)) this.#check(at);
    this.#checkLayout();
  }

  /**
   * Recomputes the joints up to a sequence, each once: events are shown with their names, keys and settings. Events before a broken one can still be read.
   * `proven`: those that were recomputed, with their hashes; this adds to it. Not the hash alone: a row could be there twice, as another epoch.
   */
  checkThrough(sequence: number, proven: Set<string>): void {
    if (proven.size === 0) this.#checkLayout();
    for (const [at, { beforeSequence, epoch, archive, hash }] of this.all.entries()) {
      const key = `${epoch} ${archive} ${hash.toString('hex')}`;
      if (beforeSequence > sequence || proven.has(key)) continue;
      this.#check(at);
      proven.add(key);
    }
  }

  #check(at: number): void {
    const joint = this.all[at] as Joint;
    const { beforeSequence, archive, epoch, hash } = joint;
    const isInOrder =
      archive === null ? this.epochs[epoch - 1]?.fromSequence === beforeSequence : this.#isNext(archive);
    if (isInOrder && joint.hashAfter(this.previousOf(at)).equals(hash)) return;
    throw brokenCommit(
      beforeSequence,
      archive === null
        ? `epoch ${epoch} (ledger settings, routing, partitions or placements) has changed`
        : `the record of archived run ${archive} has changed`,
    );
  }

  /** Whether an archived run begins where the one before it ends. */
  #isNext(number: number): boolean {
    const [before, row] = [this.archives[number - 2], this.archives[number - 1]];
    return row?.number === number && row.firstSequence === (before === undefined ? 1 : before.through + 1);
  }

  /** Checks that no placement or partition exists without its epoch. */
  #checkLayout(): void {
    if (hasStrayPlacements(this.#db)) throw brokenCommit(1, 'there are placements of no epoch');
    const stranger = this.partitions.find(
      (row, at) => row.id !== at || row.tableName !== partitionTable(row.id) || row.epoch > this.epochs.length,
    );
    if (stranger !== undefined) throw brokenCommit(1, `partition ${stranger.id} has changed`);
  }

  #epochJoint(row: EpochRow): Joint {
    const { epoch, fromSequence, routing, hash } = row;
    const link = (): EpochLink => ({
      ledger: this.ledger,
      epoch,
      fromSequence,
      routing,
      partitions: this.partitions.filter((partition) => partition.epoch <= epoch),
      placements: readPlacementRows(this.#db, epoch).map(({ key, partition }) => ({ key, partition })),
    });
    return {
      beforeSequence: fromSequence,
      epoch,
      archive: null,
      hash,
      hashAfter: (previous) => hashEpoch(previous, link()),
      step: () => ({ kind: 'epoch', link: link(), place: null }),
    };
  }

  #hashInArchive(sequence: number): Buffer {
    if (sequence === 1) return GENESIS;
    const row = this.archives.find(({ through }) => through + 1 >= sequence);
    if (row !== undefined && row.through + 1 === sequence) return row.hashBehind;
    const within = row === undefined ? [] : this.jointPlaces(row.firstSequence, row.through);
    const at = within.indexOf(sequence) * HASH_BYTES;
    const hash = at < 0 ? undefined : row?.seams.subarray(at, at + HASH_BYTES);
    if (hash?.length === HASH_BYTES) return hash;
    throw brokenCommit(sequence, 'the chain hash before it is not in the record of its archived run');
  }

  /** Sequences before which joints stand within a run: after its first commit. */
  jointPlaces(firstSequence: number, through: number): number[] {
    const places = this.all.map(({ beforeSequence }) => beforeSequence);
    return [...new Set(places)].filter((place) => place > firstSequence && place <= through);
  }
}
