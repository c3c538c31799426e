/** Reads the end of a partition from the last row of its table, at a cost that does not depend on its size. */

import type { PartitionId } from '../../../model/routing/partition.ts';
import type { Micros } from '../../../model/time/time.ts';
import { natural, positive, type RawRow, time } from '../connection/rows.ts';
import { partitionTable } from '../connection/schema.ts';
import type { Statements } from '../connection/statements.ts';

export interface PartitionEnd {
  /** The offset that the next event gets, which is the number of events. */
  readonly nextOffset: number;
  /** Ledger time of the last event; null in an empty partition. */
  readonly lastTime: Micros | null;
}

export function readPartitionEnd(statements: Statements, id: PartitionId): PartitionEnd {
  const last = statements
    .get<[], RawRow>(`SELECT offset, count, last_time FROM ${partitionTable(id)} ORDER BY sequence DESC LIMIT 1`)
    .get();
  if (last === undefined) return { nextOffset: 0, lastTime: null };
  return { nextOffset: natural(last, 'offset') + positive(last, 'count'), lastTime: time(last, 'last_time') };
}
