/** What a writer must know of the ledger's end, kept from commit to commit as long as nobody else has written. */

import type { Database } from 'better-sqlite3';
import type { Basis } from '../../model/commit.ts';
import type { Head } from '../../model/head.ts';
import type { PartitionId } from '../../model/partition.ts';
import type { Epoch } from '../../model/routing.ts';
import { pinsHoldSince } from '../../model/session-pins.ts';
import { TIME_MIN } from '../../model/time.ts';
import { lastEpochRow, parseEpoch, readEpochs, readPartitionRows } from './identity.ts';
import { hasPins } from './pins.ts';
import { blob, integer, type RawRow } from './rows.ts';
import { partitionTable } from './schema.ts';

export interface WriteState {
  /** Last sequence and its time and link. */
  sequence: number;
  time: number;
  hash: Buffer;
  epoch: Epoch;
  /** The first epoch whose pins hold; null where the routing is not sticky. */
  pinsSince: number | null;
  partitionNames: readonly string[];
  /** Next offset by partition; filled in as partitions are written to. */
  readonly offsets: Map<PartitionId, number>;
}

export class WriteStates {
  readonly #db: Database;
  #version: unknown;
  #state: WriteState | undefined;

  constructor(db: Database) {
    this.#db = db;
  }

  /** The state as of this transaction, or of this statement outside of one. */
  current(): WriteState {
    const version = this.#db.pragma('data_version', { simple: true });
    if (this.#state !== undefined && version === this.#version) return this.#state;
    this.#version = version;
    this.#state = this.#read();
    return this.#state;
  }

  /** After a rollback what was counted up is wrong. */
  forget(): void {
    this.#state = undefined;
  }

  nextOffset(state: WriteState, partition: PartitionId): number {
    const known = state.offsets.get(partition);
    if (known !== undefined) return known;
    const row = this.#db.prepare<[], RawRow>(`SELECT offset, count FROM ${partitionTable(partition)} ORDER BY sequence DESC LIMIT 1`).get();
    const next = row === undefined ? 0 : integer(row, 'offset') + integer(row, 'count');
    state.offsets.set(partition, next);
    return next;
  }

  /** Events in each of the partitions that take keys, where the routing goes by them; otherwise null. */
  loads(state: WriteState): readonly number[] | null {
    if (state.pinsSince === null) return null;
    return Array.from({ length: state.epoch.partitionCount }, (_, partition) => this.nextOffset(state, partition));
  }

  basis(): Basis {
    const state = this.current();
    const loads = this.loads(state);
    return {
      floor: state.time,
      epoch: state.epoch,
      partitionNames: state.partitionNames,
      sessions: loads === null ? null : { loads, hasPins: hasPins(this.#db) },
    };
  }

  #read(): WriteState {
    const db = this.#db;
    const epoch = lastEpochRow(db);
    const parsed = parseEpoch(db, epoch);
    const last = db.prepare<[], RawRow>('SELECT first_sequence, count, last_time, hash FROM commits ORDER BY first_sequence DESC LIMIT 1').get();
    const sequence = last === undefined ? 0 : integer(last, 'first_sequence') + integer(last, 'count') - 1;
    return {
      sequence,
      time: last === undefined ? TIME_MIN : integer(last, 'last_time'),
      // an epoch that begins behind the last commit is the later link
      hash: last === undefined || epoch.fromSequence > sequence ? epoch.hash : blob(last, 'hash'),
      epoch: parsed,
      pinsSince: parsed.spec.rule === 'sticky' ? pinsHoldSince(readEpochs(db)) : null,
      partitionNames: readPartitionRows(db).map(({ name }) => name),
      offsets: new Map(),
    };
  }
}

export function toHead(state: WriteState): Head {
  return { sequence: state.sequence, time: state.time, hash: state.hash.toString('hex') };
}

/** The head as of this statement, for those who do not write. */
export function readHead(db: Database): Head {
  return toHead(new WriteStates(db).current());
}
