/** Reads and writes the rows of cursors, and whether the lease on one is held. */

import type { Acknowledgement, HeldLease } from '../../../model/group.ts';
import type { Cursor } from '../../protocol/group-state.ts';
import { natural, positive, type RawRow } from '../connection/rows.ts';
import type { GroupTables } from './group-rows.ts';

const COLUMNS = 'partition, next_offset, next_sequence, attempts';

/** By partition. */
export function cursorsOf({ statements }: GroupTables, group: string): Cursor[] {
  const rows = statements.get<[string], RawRow>(
    `SELECT ${COLUMNS} FROM cursors WHERE group_name = ? ORDER BY partition`,
  );
  return rows.all(group).map(toCursor);
}

function toCursor(row: RawRow): Cursor {
  return {
    partition: natural(row, 'partition'),
    nextOffset: natural(row, 'next_offset'),
    nextSequence: positive(row, 'next_sequence'),
    attempts: natural(row, 'attempts'),
  };
}

/** Stores cursors, also of partitions that had none. */
export function setCursors(tables: GroupTables, group: string, cursors: readonly Cursor[]): void {
  if (cursors.length === 0) return;
  const set = tables.statements.get<[string, number, number, number, number], never>(
    `INSERT INTO cursors (group_name, partition, next_offset, next_sequence, attempts) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (group_name, partition) DO UPDATE SET next_offset = excluded.next_offset, next_sequence = excluded.next_sequence, attempts = excluded.attempts`,
  );
  for (const { partition, nextOffset, nextSequence, attempts } of cursors)
    set.run(group, partition, nextOffset, nextSequence, attempts);
}

const HOLDS = 'EXISTS (SELECT 1 FROM leases WHERE group_name = ? AND partition = ? AND token = ?)';

/** The cursor, as long as the lease is the one of this token; null if it was lost. */
export function heldCursor({ statements }: GroupTables, { group, partition, token }: HeldLease): Cursor | null {
  const row = statements
    .get<[string, number, string, number, number], RawRow>(
      `SELECT ${COLUMNS} FROM cursors WHERE group_name = ? AND partition = ? AND ${HOLDS}`,
    )
    .get(group, partition, group, partition, token);
  return row === undefined ? null : toCursor(row);
}

/** Advances a cursor as `advance` of the protocol does, in one statement. False if the lease was lost, or if the cursor is further on. */
export function acknowledge(
  { statements }: GroupTables,
  { group, partition, token, nextOffset, nextSequence }: Acknowledgement,
): boolean {
  const update = statements.get<[number, number, string, number, number, string, number, number], never>(
    `UPDATE cursors SET next_offset = ?, next_sequence = ?, attempts = 0 WHERE group_name = ? AND partition = ? AND next_offset <= ? AND ${HOLDS}`,
  );
  return update.run(nextOffset, nextSequence, group, partition, nextOffset, group, partition, token).changes === 1;
}
