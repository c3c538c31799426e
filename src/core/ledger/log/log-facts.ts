/** What others need of a ledger in a log. */

import type { PartitionId } from '../../model/routing/partition.ts';
import type { Micros } from '../../model/time/time.ts';
import type { GroupStore } from '../group-store.ts';
import type { Cursor } from '../protocol/group-state.ts';
import type { OrderedLog } from './ordered-log.ts';
import type { RecordStore } from './record-store.ts';

export interface PartitionEnds {
  /** All partitions of the ledger, in order. */
  readonly ids: readonly PartitionId[];
  /** The offset that the next event of the partition gets. */
  endOf(partition: PartitionId): number;
}

/** What groups ask the ledger whose events they read. */
export interface LedgerFacts {
  /** As of one moment, and not before the call as far as this process can know. */
  partitions(): Promise<PartitionEnds>;
  /** Ledger time of the event at the cursor; null where there is none. */
  timeOfNext(cursor: Cursor): Promise<Micros | null>;
}

/** Figures of the store that keeps the log. */
export interface LogStorage {
  /** Its name to people. */
  readonly engine: string;
  /** Settings by the store's own names, and the bytes of the log in it. */
  figures(): Promise<{ readonly settings: Readonly<Record<string, string | number>>; readonly bytes: number }>;
}

/** An open log, with what is beside it. Closing the log closes all of it. */
export interface OpenedLog {
  readonly log: OrderedLog;
  readonly records: RecordStore;
  readonly storage: LogStorage;
}

export type MakeGroups = (records: RecordStore, facts: LedgerFacts) => GroupStore;
