/** Checks before a group is created that its members can read their history: a group that cannot begin would keep that from being archived. */

import type { Ledger } from '../ledger/ledger.ts';
import type { PartitionId } from '../model/routing/partition.ts';

/**
 * `partitions`: those that are read; null: all. A segment without an event of them is not needed.
 * @throws LedgerError ARCHIVE_MISSING, VERIFICATION_FAILED naming the first segment that is needed from this sequence on, and is not at hand
 */
export async function checkAtHand(
  ledger: Ledger,
  fromSequence: number,
  partitions: readonly PartitionId[] | null,
): Promise<void> {
  for (const { range, file, isAtHand } of (await ledger.archives?.runs()) ?? []) {
    if (file === null || isAtHand || range.through < fromSequence) continue;
    const from = Math.max(range.from, fromSequence);
    const begins = await ledger.positionsAt(from);
    const ends = await ledger.positionsAt(range.through + 1);
    const isNeeded = ends.some(
      ({ nextOffset }, partition) =>
        (partitions?.includes(partition) ?? true) && nextOffset > (begins[partition]?.nextOffset ?? 0),
    );
    // the read says which segment is missing, and where it was looked for
    if (isNeeded) await ledger.read({ range: { from, through: from }, partitions: null, verify: false });
  }
}
