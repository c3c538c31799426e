/**
 * Counts events by time and partition without reading them. Sequence, time and offset grow together, so two positions per bucket are enough: ten million
 * events cost as much as a hundred thousand. Exact.
 */

import type { Ledger } from '../../ledger/ledger.ts';
import type { LanePosition } from '../../model/group.ts';
import type { BucketScale } from './bucket-width.ts';

/**
 * Events by partition id and bucket. `ends`: next offset of each partition at the ledger's head. `start`: first sequence that is counted.
 * @throws LedgerError ARCHIVE_MISSING, HISTORY_DROPPED, VERIFICATION_FAILED
 */
export async function countByTime(
  ledger: Ledger,
  scale: BucketScale,
  { start, head, ends }: { readonly start: number; readonly head: number; readonly ends: readonly number[] },
): Promise<Float64Array[]> {
  const counts = ends.map(() => new Float64Array(scale.count));
  let sequence = start;
  let positions: readonly number[] = offsetsOf(await ledger.positionsAt(start));
  for (let bucket = 0; bucket < scale.count; bucket++) {
    const isLast = bucket === scale.count - 1;
    const next = isLast ? head + 1 : await ledger.sequenceAtTime(scale.from + (bucket + 1) * scale.width);
    if (next === sequence) continue;
    const after = isLast || next > head ? ends : offsetsOf(await ledger.positionsAt(next));
    for (const [partition, lane] of counts.entries())
      lane[bucket] = Math.max(0, (after[partition] ?? 0) - (positions[partition] ?? 0));
    sequence = next;
    positions = after;
  }
  return counts;
}

function offsetsOf(positions: readonly LanePosition[]): number[] {
  return positions.map(({ nextOffset }) => nextOffset);
}
