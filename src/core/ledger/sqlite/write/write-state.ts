/** Caches the state at the ledger's end from commit to commit, as long as no other connection writes. */

import type { Database } from 'better-sqlite3';
import type { Basis } from '../../../model/events/commit.ts';
import type { Head } from '../../../model/events/head.ts';
import type { PartitionId } from '../../../model/routing/partition.ts';
import type { RoutingInForce } from '../../../model/routing/routing.ts';
import { pinsHoldSince } from '../../../model/routing/session-pins.ts';
import { basisAt, type SessionTarget } from '../../protocol/append.ts';
import { missingSequences } from '../../protocol/broken-commit.ts';
import { type LinkedCommit, stateAfter } from '../../protocol/commit-link.ts';
import type { ArchiveRow } from '../../protocol/joints.ts';
import { EMPTY_LEDGER, headOf, type LedgerState } from '../../protocol/ledger-state.ts';
import { lastArchiveRow } from '../archive/archive-rows.ts';
import {
  type EpochRow,
  lastEpochRow,
  parseEpoch,
  readEpochs,
  readPartitionRows,
  readPlacements,
} from '../connection/identity.ts';
import { blob, damaged, positive, type RawRow, time as readTime } from '../connection/rows.ts';
import { Statements } from '../connection/statements.ts';
import { overPartitions } from '../read/over-partitions.ts';
import { readPartitionEnd } from './partition-end.ts';
import { hasPins, type PinScope } from './pins.ts';

export interface WriteState extends LedgerState, PinScope {
  /** Next offset by partition; read and advanced as partitions are written to. */
  readonly offsets: Map<PartitionId, number>;
}

export class WriteStates implements SessionTarget<WriteState> {
  readonly #db: Database;
  /** Compiled once: among other writers the state is read in each commit, under their eyes. Compiling was a fifth of such a commit. */
  readonly #statements: Statements;
  #version: unknown;
  #state: WriteState | undefined;
  /** Cached apart: an epoch never changes, and commits by others are more frequent than epochs. */
  #routing: (RoutingInForce & Pick<WriteState, 'pinsSince'>) | undefined;

  constructor(db: Database) {
    this.#db = db;
    this.#statements = new Statements(db);
  }

  /** The state as of this transaction, or of this statement outside of one. */
  current(): WriteState {
    const version = this.#statements.get<[], number>('PRAGMA data_version').pluck().get();
    if (this.#state !== undefined && version === this.#version) return this.#state;
    this.#version = version;
    this.#state = this.#read();
    return this.#state;
  }

  /** To be called after a rollback: offsets were advanced in memory. */
  forget(): void {
    this.#state = undefined;
    this.#routing = undefined;
  }

  /** Advances to the state after a commit of this transaction. */
  advance(state: WriteState, commit: LinkedCommit): WriteState {
    const after = stateAfter(state, commit);
    for (const frame of commit.link.frames) after.offsets.set(frame.partition, frame.offset + frame.count);
    this.#state = after;
    return after;
  }

  nextOffset(state: WriteState, partition: PartitionId): number {
    const known = state.offsets.get(partition);
    if (known !== undefined) return known;
    const { nextOffset } = readPartitionEnd(this.#statements, partition);
    state.offsets.set(partition, nextOffset);
    return nextOffset;
  }

  hasPins(): boolean {
    return hasPins(this.#db);
  }

  basis(state: WriteState): Basis {
    return basisAt(state, this);
  }

  #read(): WriteState {
    const db = this.#db;
    const epoch = lastEpochRow(db);
    const last = this.#statements
      .get<[], RawRow>(
        'SELECT first_sequence, count, last_time, committed_at, hash FROM commits ORDER BY first_sequence DESC LIMIT 1',
      )
      .get();
    if (last === undefined) checkEmpty(db);
    const end = last === undefined ? EMPTY_LEDGER : endOf(last);
    return {
      ...end,
      hash: lastLink(end.sequence, last === undefined ? null : blob(last, 'hash'), epoch, lastArchiveRow(db)),
      ...this.#routingOf(epoch),
      offsets: new Map(),
    };
  }

  #routingOf(row: EpochRow): RoutingInForce & Pick<WriteState, 'pinsSince'> {
    if (this.#routing?.epoch.epoch !== row.epoch) {
      const epoch = parseEpoch(this.#db, row);
      const partitionNames = readPartitionRows(this.#db).map(({ name }) => name);
      const pinsSince = epoch.spec.rule === 'sticky' ? pinsHoldSince(readEpochs(this.#db)) : null;
      const placements = readPlacements(this.#db, epoch);
      checkTargets([...epoch.partitionIds, ...placements.values()], partitionNames.length);
      this.#routing = { epoch, partitionNames, placements, pinsSince };
    }
    return this.#routing;
  }
}

/** A routing that sends events to partitions that are not there was never written. @throws LedgerError VERIFICATION_FAILED */
function checkTargets(partitions: readonly PartitionId[], count: number): void {
  if (partitions.some((partition) => partition < 0 || partition >= count))
    throw damaged('partition', 'named by the routing, and not there');
}

/** Hash of the last link: a commit, or the epoch or the record of an archived run that comes after it. */
function lastLink(sequence: number, commit: Buffer | null, epoch: EpochRow, archive: ArchiveRow | null): Buffer {
  if (archive !== null && archive.beforeSequence > sequence && archive.epoch === epoch.epoch) return archive.hash;
  return commit === null || epoch.fromSequence > sequence ? epoch.hash : commit;
}

function endOf(last: RawRow): Pick<LedgerState, 'sequence' | 'time' | 'committedAt'> {
  return {
    sequence: positive(last, 'first_sequence') + positive(last, 'count') - 1,
    time: readTime(last, 'last_time'),
    committedAt: readTime(last, 'committed_at'),
  };
}

/** Frames without any commit mean that all commits are missing. One statement, because the head is also read outside of a transaction. */
function checkEmpty(db: Database): void {
  const ids = db.prepare<[], number>('SELECT id FROM partition').pluck().all();
  if (ids.length === 0) return;
  const firsts = overPartitions(ids, (table) => `SELECT min(sequence) AS first FROM ${table}`);
  const sql = `SELECT 1 FROM (${firsts}) WHERE first IS NOT NULL AND NOT EXISTS (SELECT 1 FROM commits) LIMIT 1`;
  if (db.prepare(sql).get() !== undefined) throw missingSequences(1, null);
}

/** The head as of this statement, for callers that do not write. */
export function readHead(db: Database): Head {
  return headOf(new WriteStates(db).current());
}
