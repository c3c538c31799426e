/** Decides where the cursors of a new group begin, and where those of an existing one move to. Pure. */

import type { CursorMove, GroupPlan, LanePosition } from '../../model/group.ts';
import type { PartitionId } from '../../model/routing/partition.ts';
import type { Micros } from '../../model/time/time.ts';
import { groupInUse, movedMeanwhile } from './group-errors.ts';
import { type Cursor, cursorAt, cursorsOfAll, type GroupState } from './group-state.ts';

/** A new group. `positions`: where it begins, by partition id. */
export function newGroup(createdAt: Micros, positions: readonly LanePosition[]): GroupState {
  const cursors = positions.map((position, partition) => cursorAt(partition, position));
  return { createdAt, generation: 0, members: [], leases: [], cursors };
}

/** Where each chosen cursor stands and where it would go. `positions`: the first event with the wanted sequence or a later one, by partition id. */
export function planMove(
  { cursors, members }: GroupState,
  { partitions, now }: CursorMove,
  positions: readonly LanePosition[],
): GroupPlan {
  const all = cursorsOfAll(cursors, [...positions.keys()]);
  const chosen = all.filter(({ partition }) => partitions?.includes(partition) ?? true);
  return {
    steps: chosen.map(({ partition, nextOffset, nextSequence }) => ({
      partition,
      from: { nextOffset, nextSequence },
      to: positions[partition] as LanePosition,
    })),
    liveMembers: members.filter(({ expiresAt }) => expiresAt > now).map(({ name }) => name),
  };
}

/** The group after a plan is carried out: the cursors are moved, and the leases on them have ended. @throws LedgerError GROUP_IN_USE, CURSOR_CONFLICT */
export function decideMove(state: GroupState, { group, force, past }: CursorMove, plan: GroupPlan): GroupState {
  if (past !== undefined && plan.steps[0]?.from.nextOffset !== past.offset) throw movedMeanwhile(group, past.sequence);
  if (plan.liveMembers.length > 0 && !force) throw groupInUse(group, plan.liveMembers);
  const moved = new Map(
    plan.steps.map(({ partition, to }): [PartitionId, Cursor] => [partition, cursorAt(partition, to)]),
  );
  const rest = state.cursors.filter(({ partition }) => !moved.has(partition));
  return {
    ...state,
    generation: state.generation + 1,
    leases: state.leases.filter(({ partition }) => !moved.has(partition)),
    cursors: [...rest, ...moved.values()].sort((one, other) => one.partition - other.partition),
  };
}
