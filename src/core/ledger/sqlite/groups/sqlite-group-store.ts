/** Implements the port for consumer groups in the ledger's file: each call is one transaction, and none of them changes the chain. */

import type { Database } from 'better-sqlite3';
import type {
  Acknowledgement,
  GroupSummary,
  HeldLease,
  ParkedChange,
  ParkedEvent,
  ParkedSelection,
} from '../../../model/group.ts';
import { LedgerError, type LedgerErrorCode } from '../../../model/ledger-error.ts';
import type { Micros } from '../../../model/time/time.ts';
import type { Decided, GroupStore, ParkedStep } from '../../group-store.ts';
import type { GroupFacts, GroupState } from '../../protocol/group-state.ts';
import type { LaneChange, LaneState } from '../../protocol/lane-change.ts';
import type { ArchiveFiles } from '../archive/archive-files.ts';
import { LedgerHistory } from '../read/ledger-history.ts';
import { FrameReader } from '../read/read.ts';
import { acknowledge, heldCursor, setCursors } from './cursors.ts';
import { deleteGroup } from './delete-group.ts';
import { groupFacts, readGroup, writeGroup } from './group-change.ts';
import { type GroupTables, generationOf } from './group-rows.ts';
import { changeParked, deleteParked, findParked, firstDue, parkedOf, storeParked } from './parked.ts';
import { summarizeGroups } from './summaries.ts';

/** Runs work in one transaction, and retries it while other processes hold the file. */
export interface Transactions {
  /** IMMEDIATE; durable when it resolves. */
  write<Result>(work: () => Result): Promise<Result>;
  /** As of one moment. */
  readSnapshot<Result>(work: () => Result): Promise<Result>;
}

export class SqliteGroupStore implements GroupStore {
  readonly #tables: GroupTables;
  readonly #reader: FrameReader;
  readonly #history: LedgerHistory;
  readonly #transactions: Transactions;

  constructor(db: Database, transactions: Transactions, files: ArchiveFiles) {
    this.#reader = new FrameReader(db);
    this.#history = new LedgerHistory(db, this.#reader, files);
    this.#tables = { db, statements: this.#reader.statements, areThere: false };
    this.#transactions = transactions;
  }

  async #write<Result>(work: () => Result): Promise<Result> {
    try {
      return await this.#transactions.write(work);
    } catch (error) {
      throw notKept(error);
    }
  }

  generation(group: string): Promise<number | null> {
    return this.#transactions.readSnapshot(() => generationOf(this.#tables, group));
  }

  state(group: string): Promise<GroupState | null> {
    return this.#transactions.readSnapshot(() => readGroup(this.#tables, group));
  }

  change<Result>(
    group: string,
    decide: (state: GroupState | null, facts: GroupFacts) => Decided<Result>,
  ): Promise<Result> {
    return this.#write(() => {
      const before = readGroup(this.#tables, group);
      const { state, result } = decide(before, groupFacts(this.#tables, this.#reader, group));
      if (state !== null) writeGroup(this.#tables, group, before, state);
      return result;
    });
  }

  acknowledge(acknowledgements: readonly Acknowledgement[]): Promise<boolean[]> {
    return this.#write(() => acknowledgements.map((each) => acknowledge(this.#tables, each)));
  }

  changeLane<Result>(
    heldLease: HeldLease,
    parked: number | 'due' | null,
    decide: (lane: LaneState) => LaneChange<Result>,
  ): Promise<Result | null> {
    return this.#write(() => {
      const cursor = heldCursor(this.#tables, heldLease);
      if (cursor === null) return null;
      const before = this.#parked(heldLease, parked);
      const change = decide({ cursor, parked: before });
      const { group } = heldLease;
      if (change.cursor !== undefined) setCursors(this.#tables, group, [change.cursor]);
      if (change.parked === null && before !== null) deleteParked(this.#tables, group, before.sequence);
      if (change.parked) storeParked(this.#tables, group, change.parked);
      return change.result;
    });
  }

  #parked({ group, partition }: HeldLease, parked: number | 'due' | null): ParkedEvent | null {
    if (parked === null) return null;
    return parked === 'due' ? firstDue(this.#tables, group, partition) : findParked(this.#tables, group, parked);
  }

  parked(group: string, selection: ParkedSelection): Promise<ParkedEvent[] | null> {
    return this.#transactions.readSnapshot(() => parkedOf(this.#tables, group, selection));
  }

  changeParked(group: string, selection: ParkedSelection, change: ParkedChange): Promise<ParkedStep | null> {
    return this.#write(() => changeParked(this.#tables, group, selection, change));
  }

  remove(group: string, check: (state: GroupState | null, facts: GroupFacts) => void): Promise<void> {
    return this.#write(() => {
      check(readGroup(this.#tables, group), groupFacts(this.#tables, this.#reader, group));
      deleteGroup(this.#tables, group);
    });
  }

  summaries(now: Micros): Promise<GroupSummary[]> {
    return this.#transactions.readSnapshot(() => summarizeGroups(this.#tables, this.#reader, this.#history, now));
  }
}

/** Words errors of the disk for consumers: the usual hint, to emit again, does not apply to them. */
function notKept(error: unknown): unknown {
  if (!(error instanceof LedgerError)) return error;
  const facts = new Map<LedgerErrorCode, string>([
    ['DISK_FULL', 'the disk is full; the position of the group could not be stored'],
    [
      'OUTCOME_UNKNOWN',
      'an I/O error while storing the position of the group: the last acknowledgement may be stored or not',
    ],
  ]);
  const fact = facts.get(error.code);
  if (fact === undefined) return error;
  const { code, details, cause } = error;
  const { path, sqlite } = details;
  const hint =
    'check the disk and its free space, then run the same command again: events that were not acknowledged are delivered again';
  return new LedgerError(code, { message: `${path}: ${fact} (${sqlite})`, hint, details, cause });
}
