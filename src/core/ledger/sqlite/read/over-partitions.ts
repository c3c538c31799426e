/** One statement over the tables of many partitions: what is asked once of 256 of them takes a third of the time of 256 statements that are each compiled. */

import type { PartitionId } from '../../../model/routing/partition.ts';
import { partitionTable } from '../connection/schema.ts';

/** `select`: a query of one table; the column names are those of the first. `partitions`: at least one. */
export function overPartitions(
  partitions: readonly PartitionId[],
  select: (table: string, id: PartitionId) => string,
): string {
  return partitions.map((id) => select(partitionTable(id), id)).join(' UNION ALL ');
}
