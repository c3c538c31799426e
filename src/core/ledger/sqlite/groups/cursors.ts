/** Durable cursors: made with their group, moved on by whoever holds the lease, stepped elsewhere on request. */

import type { Acknowledgement, Holding, LanePosition } from '../../../model/group.ts';
import { LedgerError } from '../../../model/ledger-error.ts';
import type { PartitionId } from '../../../model/partition.ts';
import type { CursorMove, CursorPlan } from '../../groups.ts';
import type { FrameReader } from '../read.ts';
import { integer, type RawRow } from '../rows.ts';
import { checkGroup, type GroupTables, nextGeneration } from './group-rows.ts';
import { positionAt } from './lanes.ts';
import { aliveMembers } from './members.ts';

export interface CursorRow extends LanePosition {
  readonly partition: PartitionId;
  readonly attempts: number;
}

export function cursorsOf({ statements }: GroupTables, group: string): CursorRow[] {
  const rows = statements.get<[string], RawRow>('SELECT partition, next_offset, next_sequence, attempts FROM cursors WHERE group_name = ? ORDER BY partition');
  return rows.all(group).map((row) => ({
    partition: integer(row, 'partition'),
    nextOffset: integer(row, 'next_offset'),
    nextSequence: integer(row, 'next_sequence'),
    attempts: integer(row, 'attempts'),
  }));
}

/** Cursors for partitions that have none: those of a new group, and those an epoch has added. */
export function addCursors(tables: GroupTables, group: string, cursors: readonly CursorRow[]): void {
  const insert = tables.statements.get<[string, number, number, number, number], never>(
    'INSERT INTO cursors (group_name, partition, next_offset, next_sequence, attempts) VALUES (?, ?, ?, ?, ?)',
  );
  for (const { partition, nextOffset, nextSequence, attempts } of cursors) insert.run(group, partition, nextOffset, nextSequence, attempts);
}

const HOLDS = 'EXISTS (SELECT 1 FROM leases WHERE group_name = ? AND partition = ? AND token = ?)';

/** Whether the lease is still the one of this token. */
export function isHeld({ statements }: GroupTables, { group, partition, token }: Holding): boolean {
  return statements.get<[string, number, number], unknown>(`SELECT 1 WHERE ${HOLDS}`).get(group, partition, token) !== undefined;
}

/** False where the lease has gone to another, or the cursor stands further on: it never steps back here. */
export function acknowledge({ statements }: GroupTables, { group, partition, token, nextOffset, nextSequence }: Acknowledgement): boolean {
  const update = statements.get<[number, number, string, number, number, string, number, number], never>(
    `UPDATE cursors SET next_offset = ?, next_sequence = ?, attempts = 0 WHERE group_name = ? AND partition = ? AND next_offset <= ? AND ${HOLDS}`,
  );
  return update.run(nextOffset, nextSequence, group, partition, nextOffset, group, partition, token).changes === 1;
}

/** Returns the failures so far; null where the lease is gone. */
export function countFailure({ statements }: GroupTables, { group, partition, token }: Holding): number | null {
  const update = statements.get<[string, number, string, number, number], number>(
    `UPDATE cursors SET attempts = attempts + 1 WHERE group_name = ? AND partition = ? AND ${HOLDS} RETURNING attempts`,
  );
  return (update.pluck().get(group, partition, group, partition, token) as number | undefined) ?? null;
}

/** Where each cursor stands and where it would go. @throws LedgerError UNKNOWN_GROUP */
export function planMove(tables: GroupTables, reader: FrameReader, { group, sequence, partitions }: CursorMove): CursorPlan[] {
  checkGroup(tables, group);
  const chosen = cursorsOf(tables, group).filter(({ partition }) => partitions === null || partitions.includes(partition));
  return chosen.map(({ partition, nextOffset, nextSequence }) => ({
    partition,
    from: { nextOffset, nextSequence },
    to: positionAt(reader, partition, sequence),
  }));
}

/** Steps the cursors. Leases on them end, so nothing that is in hand can move them any more. @throws LedgerError UNKNOWN_GROUP, GROUP_IN_USE */
export function moveCursors(tables: GroupTables, reader: FrameReader, move: CursorMove): CursorPlan[] {
  const plan = planMove(tables, reader, move);
  const { group } = move;
  const alive = aliveMembers(tables, group, move.now);
  if (alive.length > 0 && !move.force) {
    throw new LedgerError('GROUP_IN_USE', {
      message: `group ${group} has ${alive.length === 1 ? 'a live member' : `${alive.length} live members`}: ${alive.slice(0, 4).join(', ')}`,
      hint: 'stop them first, or force it: what they have in hand is delivered again',
      details: { group, members: alive },
    });
  }
  const { statements } = tables;
  nextGeneration(tables, group);
  const endLease = statements.get<[string, number], never>('DELETE FROM leases WHERE group_name = ? AND partition = ?');
  const update = statements.get<[number, number, string, number], never>(
    'UPDATE cursors SET next_offset = ?, next_sequence = ?, attempts = 0 WHERE group_name = ? AND partition = ?',
  );
  for (const { partition, to } of plan) {
    endLease.run(group, partition);
    update.run(to.nextOffset, to.nextSequence, group, partition);
  }
  return plan;
}
