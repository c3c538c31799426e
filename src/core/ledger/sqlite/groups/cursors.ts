/** Reads and writes the rows of cursors, and whether the lease on one is held. */

import type { Acknowledgement, HeldLease, LastFailure } from '../../../model/group.ts';
import type { Cursor } from '../../protocol/group-state.ts';
import { clientName, natural, positive, type RawRow, text, time } from '../connection/rows.ts';
import type { GroupTables } from './group-rows.ts';

const FAILURE_COLUMNS = ['failure', 'failure_attempts', 'failure_sequence', 'failure_member', 'failed_at'] as const;
const VALUE_COLUMNS = ['next_offset', 'next_sequence', 'attempts', ...FAILURE_COLUMNS] as const;
const COLUMNS = `partition, ${VALUE_COLUMNS.join(', ')}`;

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
    failure: row['failure'] === null ? null : toFailure(row),
  };
}

function toFailure(row: RawRow): LastFailure {
  return {
    sequence: row['failure_sequence'] === null ? null : positive(row, 'failure_sequence'),
    attempts: natural(row, 'failure_attempts'),
    failedAt: time(row, 'failed_at'),
    member: clientName(row, 'failure_member'),
    reason: text(row, 'failure'),
  };
}

/** Stores cursors, also of partitions that had none. */
export function setCursors(tables: GroupTables, group: string, cursors: readonly Cursor[]): void {
  if (cursors.length === 0) return;
  const set = tables.statements.get<[string, ...(string | number | null)[]], never>(
    `INSERT INTO cursors (group_name, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (group_name, partition) DO UPDATE SET ${VALUE_COLUMNS.map((name) => `${name} = excluded.${name}`).join(', ')}`,
  );
  for (const { partition, nextOffset, nextSequence, attempts, failure } of cursors) {
    const { reason = null, sequence = null, member = null, failedAt = null } = failure ?? {};
    const failed = [reason, failure?.attempts ?? null, sequence, member, failedAt];
    set.run(group, partition, nextOffset, nextSequence, attempts, ...failed);
  }
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

/** The columns of the last failure of a cursor that moves. */
export const NOTHING_FAILED = FAILURE_COLUMNS.map((name) => `${name} = NULL`).join(', ');

/** Advances a cursor as `advance` of the protocol does, in one statement. False if the lease was lost, or if the cursor is further on. */
export function acknowledge(
  { statements }: GroupTables,
  { group, partition, token, nextOffset, nextSequence }: Acknowledgement,
): boolean {
  const update = statements.get<[number, number, string, number, number, string, number, number], never>(
    `UPDATE cursors SET next_offset = ?, next_sequence = ?, attempts = 0, ${NOTHING_FAILED} WHERE group_name = ? AND partition = ? AND next_offset <= ? AND ${HOLDS}`,
  );
  return update.run(nextOffset, nextSequence, group, partition, nextOffset, group, partition, token).changes === 1;
}
