/** Reads the end of a partition, from the last row of its table or from the archive, at a cost that does not depend on its size. */

import type { PartitionId } from '../../../model/routing/partition.ts';
import { type PartitionEnd, readLiveStart } from '../archive/live-start.ts';
import { natural, positive, type RawRow, time } from '../connection/rows.ts';
import { partitionTable } from '../connection/schema.ts';
import type { Statements } from '../connection/statements.ts';

export function readPartitionEnd(statements: Statements, id: PartitionId): PartitionEnd {
  const last = statements
    .get<[], RawRow>(`SELECT offset, count, last_time FROM ${partitionTable(id)} ORDER BY sequence DESC LIMIT 1`)
    .get();
  if (last === undefined) return readLiveStart(statements).endOf(id);
  return { nextOffset: natural(last, 'offset') + positive(last, 'count'), lastTime: time(last, 'last_time') };
}
