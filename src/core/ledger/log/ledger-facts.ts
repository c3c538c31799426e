/** What groups ask the ledger whose events they read. No I/O. */

import type { PartitionId } from '../../model/routing/partition.ts';
import type { Micros } from '../../model/time/time.ts';
import type { Cursor } from '../protocol/group-state.ts';

export interface LedgerFacts {
  /** As of one moment, and not before the call as far as this process can know. */
  partitions(): Promise<PartitionEnds>;
  /** Ledger time of the event at the cursor; asked only where there is one. */
  timeOfNext(cursor: Cursor): Promise<Micros | null>;
}

export interface PartitionEnds {
  /** All partitions of the ledger, in order. */
  readonly ids: readonly PartitionId[];
  /** The offset that the next event of the partition gets. */
  endOf(partition: PartitionId): number;
}
