/**
 * The state of a group and the value of its record: reads the one out of the other, and finds what a change does to the records of cursors. Pure.
 *
 * A change of a group is made by the one write of its record. The cursors follow: each lease that begins or ends is a fence, which rewrites the cursor's
 * record with its token, so that writes under the revision that the former holder knows fail. Fences stay in the group's record until the next change, and
 * a cursor whose token is lower than that of its fence is completed before anything else is decided.
 */

import type { LastFailure } from '../../../model/group.ts';
import type { PartitionId } from '../../../model/routing/partition.ts';
import type { Cursor, GroupLease, GroupState } from '../../protocol/group-state.ts';
import type { CursorValue, Fence, GroupValue } from './record-values.ts';

/** Where a cursor without a record stands: at the start of its partition. No fence has passed it. */
const START = { nextOffset: 0, nextSequence: 1, attempts: 0, failure: null, parking: null, isHeld: false, token: -1 };

export function isPassed(fence: Fence, cursor: CursorValue | null): boolean {
  return (cursor ?? START).token >= fence.token;
}

/** The cursor after the fence, which it has not passed. */
export function fenced(fence: Fence, cursor: CursorValue | null): CursorValue {
  const { nextOffset, nextSequence, failure: known, parking } = cursor ?? START;
  const { token, isHeld, position, failure } = fence;
  if (position !== null) return { ...position, attempts: fence.attempts, failure, token, isHeld, parking };
  const attempts = Math.max((cursor ?? START).attempts, fence.attempts);
  return { nextOffset, nextSequence, attempts, failure: lastOf(known, failure, attempts), token, isHeld, parking };
}

/**
 * The last failure of a cursor that stays where its former holder has left it. That one may have got further since the fence was decided, and know itself
 * how its delivery ended: then the fence's guess is of another event, or worse than what is known.
 */
function lastOf(known: LastFailure | null, guessed: LastFailure | null, attempts: number): LastFailure | null {
  if (guessed === null || guessed.sequence !== (known?.sequence ?? null)) return known;
  return guessed.attempts === attempts && (known?.attempts ?? 0) < attempts ? guessed : known;
}

export function cursorOf(partition: PartitionId, value: CursorValue | null): Cursor {
  const { nextOffset, nextSequence, attempts, failure } = value ?? START;
  return { partition, nextOffset, nextSequence, attempts, failure };
}

/** The generation, and another one where an epoch has added partitions since the last change: members then send a heartbeat. */
export function generationOf({ generation, partitions }: GroupValue, partitionCount: number): number {
  return partitionCount > partitions ? generation + 1 : generation;
}

/** The group as it is after its fences. `cursors`: the records of those that have one, by partition. */
export function stateOf(
  value: GroupValue,
  cursors: ReadonlyMap<PartitionId, { readonly value: CursorValue }>,
  partitionCount: number,
): GroupState {
  const fences = new Map(value.fences.map((fence) => [fence.partition, fence]));
  const partitions = [...new Set([...cursors.keys(), ...fences.keys()])].sort((one, other) => one - other);
  return {
    createdAt: value.createdAt,
    generation: generationOf(value, partitionCount),
    members: value.members,
    leases: value.leases,
    cursors: partitions.map((partition) => {
      const cursor = cursors.get(partition)?.value ?? null;
      const fence = fences.get(partition);
      return cursorOf(partition, fence === undefined || isPassed(fence, cursor) ? cursor : fenced(fence, cursor));
    }),
  };
}

/** The first generation of a new group: higher than the token of any cursor that a deleted group of its name has left. */
export function firstGeneration(cursors: Iterable<{ readonly value: CursorValue }>): number {
  return Array.from(cursors, ({ value }) => value.token + 1).reduce((most, next) => Math.max(most, next), 0);
}

/** The value after a change from one state to another. `before` and `value`: null for a new group. Cursors have passed the fences of `value`. */
export function valueAfter(
  value: GroupValue | null,
  before: GroupState | null,
  after: GroupState,
  partitionCount: number,
): GroupValue {
  const { createdAt, generation, members, leases } = after;
  return {
    writes: (value?.writes ?? 0) + 1,
    createdAt,
    generation,
    // a process that has not seen the newest epoch yet does not take it back
    partitions: Math.max(value?.partitions ?? 0, partitionCount),
    members,
    leases,
    fences: fencesBetween(before, after),
    due: value?.due ?? [],
  };
}

function fencesBetween(before: GroupState | null, after: GroupState): Fence[] {
  const cursorsBefore = byPartition(before?.cursors ?? []);
  const cursorsAfter = byPartition(after.cursors);
  const leasesBefore = byPartition<GroupLease>(before?.leases ?? []);
  const leasesAfter = byPartition(after.leases);
  const partitions = new Set([...cursorsAfter.keys(), ...leasesBefore.keys(), ...leasesAfter.keys()]);
  const fences: Fence[] = [];
  for (const partition of [...partitions].sort((one, other) => one - other)) {
    const lease = leasesAfter.get(partition);
    const was = cursorsBefore.get(partition) ?? cursorOf(partition, null);
    const is = cursorsAfter.get(partition) ?? was;
    // a new group begins over what a deleted one of its name has left
    const isMoved =
      before === null ||
      is.nextOffset !== was.nextOffset ||
      is.nextSequence !== was.nextSequence ||
      is.attempts < was.attempts ||
      (is.failure === null && was.failure !== null);
    const isCounted = isMoved || is.attempts !== was.attempts || !cursorsBefore.has(partition);
    const hasFailed = is.failure !== was.failure;
    if (!isCounted && !hasFailed && lease?.token === leasesBefore.get(partition)?.token) continue;
    fences.push({
      partition,
      token: lease?.token ?? after.generation,
      isHeld: lease !== undefined,
      position: isMoved ? { nextOffset: is.nextOffset, nextSequence: is.nextSequence } : null,
      attempts: isCounted ? is.attempts : 0,
      failure: hasFailed ? is.failure : null,
    });
  }
  return fences;
}

function byPartition<Row extends { readonly partition: PartitionId }>(rows: readonly Row[]): Map<PartitionId, Row> {
  return new Map(rows.map((row) => [row.partition, row]));
}
