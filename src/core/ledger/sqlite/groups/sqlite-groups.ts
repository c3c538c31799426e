/** Implements the port for consumer groups in the ledger's file: each call is one transaction, and none of them changes the chain. */

import type { Database } from 'better-sqlite3';
import type { StoredCommit } from '../../../model/events/commit.ts';
import type {
  Acknowledgement,
  GroupSummary,
  Heartbeat,
  HeldLease,
  Membership,
  ParkedEvent,
  ParkReason,
  RedeliveryOutcome,
} from '../../../model/group.ts';
import { LedgerError, type LedgerErrorCode } from '../../../model/ledger-error.ts';
import type { PartitionId } from '../../../model/routing/partition.ts';
import type { Micros } from '../../../model/time/time.ts';
import type { CursorMove, GroupPlan, Groups, LaneRequest, ParkedSpan, SpanStep } from '../../groups.ts';
import type { ArchiveFiles } from '../archive/archive-files.ts';
import { LedgerHistory } from '../read/ledger-history.ts';
import { FrameReader } from '../read/read.ts';
import { acknowledge, countFailure, cursorsOf, moveCursors, planMove, setCursors, undoFailure } from './cursors.ts';
import { checkGroup, type GroupTables, generationOf, insertGroup, nextGeneration } from './group-rows.ts';
import { heartbeat } from './heartbeat.ts';
import { endOf, pastArchive, positionAt, readLane } from './lanes.ts';
import { deleteMember } from './members.ts';
import {
  beginRedelivery,
  checkParked,
  drop,
  dropSpan,
  hasDue,
  park,
  parkedOf,
  redeliver,
  redeliverSpan,
  settle,
  undoRedelivery,
} from './parked.ts';
import { summarizeGroups } from './summaries.ts';

/** Runs work in one transaction, and retries it while other processes hold the file. */
export interface Transactions {
  /** IMMEDIATE; durable when it resolves. */
  write<Result>(work: () => Result): Promise<Result>;
  /** As of one moment. */
  readSnapshot<Result>(work: () => Result): Promise<Result>;
}

export class SqliteGroups implements Groups {
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

  create(group: string, fromSequence: number, now: Micros): Promise<boolean> {
    return this.#write(() => {
      if (!insertGroup(this.#tables, group, now)) return false;
      const partitions = this.#reader.partitionIds();
      setCursors(
        this.#tables,
        group,
        partitions.map((partition) => ({
          partition,
          ...positionAt(this.#history, partition, fromSequence),
          attempts: 0,
        })),
      );
      return true;
    });
  }

  heartbeat(beat: Heartbeat): Promise<Membership> {
    return this.#write(() => {
      const membership = heartbeat(this.#tables, this.#reader, beat);
      const due = membership.leases
        .map(({ partition }) => partition)
        .filter((partition) => hasDue(this.#tables, beat.group, partition));
      return { ...membership, due };
    });
  }

  leave(group: string, member: string, token: number): Promise<void> {
    return this.#write(() => {
      const find = this.#tables.statements.get<[string, string, number], unknown>(
        'SELECT 1 FROM members WHERE group_name = ? AND name = ? AND token = ?',
      );
      if (find.get(group, member, token) === undefined) return;
      deleteMember(this.#tables, group, member);
      nextGeneration(this.#tables, group);
    });
  }

  generation(group: string): Promise<number | null> {
    return this.#transactions.readSnapshot(() => generationOf(this.#tables, group));
  }

  acknowledge(acknowledgements: readonly Acknowledgement[]): Promise<boolean[]> {
    return this.#write(() => acknowledgements.map((each) => acknowledge(this.#tables, each)));
  }

  countFailure(heldLease: HeldLease): Promise<number | null> {
    return this.#write(() => countFailure(this.#tables, heldLease));
  }

  undoFailure(heldLease: HeldLease): Promise<void> {
    return this.#write(() => undoFailure(this.#tables, heldLease));
  }

  park(heldLease: HeldLease, event: Parameters<Groups['park']>[1]): Promise<boolean> {
    return this.#write(() => park(this.#tables, heldLease, event));
  }

  parked(group: string, span: ParkedSpan): Promise<ParkedEvent[]> {
    return this.#transactions.readSnapshot(() => parkedOf(this.#tables, group, span));
  }

  checkParked(group: string, sequences: readonly number[]): Promise<void> {
    return this.#transactions.readSnapshot(() => checkParked(this.#tables, group, sequences));
  }

  redeliver(group: string, sequences: readonly number[]): Promise<number> {
    return this.#write(() => redeliver(this.#tables, group, sequences));
  }

  redeliverSpan(group: string, span: ParkedSpan): Promise<SpanStep> {
    return this.#write(() => redeliverSpan(this.#tables, group, span));
  }

  dropSpan(group: string, span: ParkedSpan): Promise<SpanStep> {
    return this.#write(() => dropSpan(this.#tables, group, span));
  }

  drop(group: string, sequences: readonly number[]): Promise<number> {
    return this.#write(() => drop(this.#tables, group, sequences));
  }

  beginRedelivery(heldLease: HeldLease): ReturnType<Groups['beginRedelivery']> {
    return this.#write(() => beginRedelivery(this.#tables, heldLease));
  }

  undoRedelivery(group: string, sequence: number): Promise<void> {
    return this.#write(() => undoRedelivery(this.#tables, group, sequence));
  }

  settle(heldLease: HeldLease, sequence: number, failure: ParkReason | null): Promise<RedeliveryOutcome> {
    return this.#write(() => settle(this.#tables, heldLease, sequence, failure));
  }

  positions(group: string): ReturnType<Groups['positions']> {
    return this.#transactions.readSnapshot(() => {
      checkGroup(this.#tables, group);
      return cursorsOf(this.#tables, group);
    });
  }

  planMove(move: CursorMove): Promise<GroupPlan> {
    return this.#transactions.readSnapshot(() => planMove(this.#tables, this.#reader, this.#history, move));
  }

  move(move: CursorMove): Promise<GroupPlan> {
    return this.#write(() => moveCursors(this.#tables, this.#reader, this.#history, move));
  }

  summaries(now: Micros): Promise<GroupSummary[]> {
    return this.#transactions.readSnapshot(() => summarizeGroups(this.#tables, this.#reader, this.#history, now));
  }

  ends(partitions: readonly PartitionId[]): Promise<number[]> {
    return this.#transactions.readSnapshot(() => partitions.map((partition) => endOf(this.#reader, partition)));
  }

  partitionIds(): Promise<PartitionId[]> {
    return this.#transactions.readSnapshot(() => this.#reader.partitionIds());
  }

  read(request: LaneRequest): Promise<StoredCommit[]> {
    return this.#transactions.readSnapshot(() =>
      readLane(this.#history, pastArchive(this.#tables, this.#reader, request)),
    );
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
