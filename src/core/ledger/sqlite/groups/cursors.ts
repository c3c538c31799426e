/** Reads and writes durable cursors: created with their group, advanced by the holder of the lease, moved on request. */

import type { Acknowledgement, HeldLease } from '../../../model/group.ts';
import type { CursorMove, GroupPlan } from '../../groups.ts';
import { groupInUse } from '../../protocol/group-errors.ts';
import { planCursorMove } from '../../protocol/group-summary.ts';
import { type Cursor, cursorAtStart } from '../../protocol/membership.ts';
import { natural, positive, type RawRow } from '../connection/rows.ts';
import type { LedgerHistory } from '../read/ledger-history.ts';
import type { FrameReader } from '../read/read.ts';
import { checkGroup, type GroupTables, nextGeneration } from './group-rows.ts';
import { positionAt } from './lanes.ts';
import { membersOf } from './members.ts';

export function cursorsOf({ statements }: GroupTables, group: string): Cursor[] {
  const rows = statements.get<[string], RawRow>(
    'SELECT partition, next_offset, next_sequence, attempts FROM cursors WHERE group_name = ? ORDER BY partition',
  );
  return rows.all(group).map((row) => ({
    partition: natural(row, 'partition'),
    nextOffset: natural(row, 'next_offset'),
    nextSequence: positive(row, 'next_sequence'),
    attempts: natural(row, 'attempts'),
  }));
}

/** Cursors of all partitions of the ledger; one without a stored cursor is at the start. */
export function cursorsOfAll(tables: GroupTables, reader: FrameReader, group: string): Cursor[] {
  const known = new Map(cursorsOf(tables, group).map((cursor) => [cursor.partition, cursor]));
  return reader.partitionIds().map((partition) => known.get(partition) ?? cursorAtStart(partition));
}

/** Stores cursors, also of partitions that had none. */
export function setCursors(tables: GroupTables, group: string, cursors: readonly Cursor[]): void {
  const set = tables.statements.get<[string, number, number, number, number], never>(
    `INSERT INTO cursors (group_name, partition, next_offset, next_sequence, attempts) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (group_name, partition) DO UPDATE SET next_offset = excluded.next_offset, next_sequence = excluded.next_sequence, attempts = excluded.attempts`,
  );
  for (const { partition, nextOffset, nextSequence, attempts } of cursors)
    set.run(group, partition, nextOffset, nextSequence, attempts);
}

const HOLDS = 'EXISTS (SELECT 1 FROM leases WHERE group_name = ? AND partition = ? AND token = ?)';

/** Whether the lease is still the one of this token. */
export function isHeld({ statements }: GroupTables, { group, partition, token }: HeldLease): boolean {
  return (
    statements.get<[string, number, number], unknown>(`SELECT 1 WHERE ${HOLDS}`).get(group, partition, token) !==
    undefined
  );
}

/** Advances a cursor. False if the lease was lost, or if the cursor is further on: this never moves it back. */
export function acknowledge(
  { statements }: GroupTables,
  { group, partition, token, nextOffset, nextSequence }: Acknowledgement,
): boolean {
  const update = statements.get<[number, number, string, number, number, string, number, number], never>(
    `UPDATE cursors SET next_offset = ?, next_sequence = ?, attempts = 0 WHERE group_name = ? AND partition = ? AND next_offset <= ? AND ${HOLDS}`,
  );
  return update.run(nextOffset, nextSequence, group, partition, nextOffset, group, partition, token).changes === 1;
}

/** Returns the failures so far; null if the lease is lost. */
export function countFailure({ statements }: GroupTables, { group, partition, token }: HeldLease): number | null {
  const update = statements.get<[string, number, string, number, number], number>(
    `UPDATE cursors SET attempts = attempts + 1 WHERE group_name = ? AND partition = ? AND ${HOLDS} RETURNING attempts`,
  );
  return (update.pluck().get(group, partition, group, partition, token) as number | undefined) ?? null;
}

export function undoFailure({ statements }: GroupTables, { group, partition, token }: HeldLease): void {
  const update = statements.get<[string, number, string, number, number], never>(
    `UPDATE cursors SET attempts = attempts - 1 WHERE group_name = ? AND partition = ? AND attempts > 0 AND ${HOLDS}`,
  );
  update.run(group, partition, group, partition, token);
}

/** Plans a move of cursors. @throws LedgerError UNKNOWN_GROUP */
export function planMove(
  tables: GroupTables,
  reader: FrameReader,
  history: LedgerHistory,
  move: CursorMove,
): GroupPlan {
  checkGroup(tables, move.group);
  const cursors = cursorsOfAll(tables, reader, move.group);
  return planCursorMove(move, cursors, membersOf(tables, move.group), (partition, sequence) =>
    positionAt(history, partition, sequence),
  );
}

/** Moves cursors. Leases on them end, so deliveries in flight can no longer advance them. @throws LedgerError UNKNOWN_GROUP, GROUP_IN_USE */
export function moveCursors(
  tables: GroupTables,
  reader: FrameReader,
  history: LedgerHistory,
  move: CursorMove,
): GroupPlan {
  const plan = planMove(tables, reader, history, move);
  const { group } = move;
  if (plan.liveMembers.length > 0 && !move.force) throw groupInUse(group, plan.liveMembers);
  nextGeneration(tables, group);
  const endLease = tables.statements.get<[string, number], never>(
    'DELETE FROM leases WHERE group_name = ? AND partition = ?',
  );
  for (const { partition } of plan.steps) endLease.run(group, partition);
  setCursors(
    tables,
    group,
    plan.steps.map(({ partition, to }) => ({ partition, ...to, attempts: 0 })),
  );
  return plan;
}
