/** Reads and writes parked events: stored once each, listed, delivered once more on request, dropped. */

import type { HeldLease, ParkedEvent, ParkReason, RedeliveryOutcome } from '../../../model/group.ts';
import type { PartitionId } from '../../../model/routing/partition.ts';
import type { Groups, ParkedSpan, SpanStep } from '../../groups.ts';
import { notParked } from '../../protocol/group-errors.ts';
import { integer, natural, positive, type RawRow, text } from '../connection/rows.ts';
import { acknowledge, isHeld } from './cursors.ts';
import { checkGroup, type GroupTables, nextGeneration } from './group-rows.ts';

/** Parks the next event and moves the cursor past it. An event that is parked already, because the cursor was moved back, stays one row. */
export function park(
  tables: GroupTables,
  { group, partition, token }: HeldLease,
  event: Parameters<Groups['park']>[1],
): boolean {
  const { sequence, offset } = event;
  if (!acknowledge(tables, { group, partition, token, nextOffset: offset + 1, nextSequence: sequence + 1 }))
    return false;
  tables.statements
    .get<[string, number, number, number, number, string, string, number], never>(
      `INSERT INTO parked (group_name, sequence, partition, offset, attempts, reason, details, parked_at, is_due) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)
       ON CONFLICT (group_name, sequence) DO UPDATE SET attempts = attempts + excluded.attempts, reason = excluded.reason, details = excluded.details`,
    )
    .run(group, sequence, partition, offset, event.attempts, event.reason, event.details, event.now);
  return true;
}

const COLUMNS = 'sequence, partition, offset, attempts, reason, details, parked_at, is_due';

/** @throws LedgerError UNKNOWN_GROUP */
export function parkedOf(tables: GroupTables, group: string, { after, through, limit }: ParkedSpan): ParkedEvent[] {
  checkGroup(tables, group);
  const rows = tables.statements.get<[string, number, number, number], RawRow>(
    `SELECT ${COLUMNS} FROM parked WHERE group_name = ? AND sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?`,
  );
  return rows.all(group, after, through, limit).map(toParked);
}

function toParked(row: RawRow): ParkedEvent {
  return {
    sequence: positive(row, 'sequence'),
    partition: natural(row, 'partition'),
    offset: natural(row, 'offset'),
    attempts: integer(row, 'attempts'),
    reason: text(row, 'reason'),
    details: text(row, 'details'),
    parkedAt: integer(row, 'parked_at'),
    redeliveryDue: integer(row, 'is_due') === 1,
  };
}

export function hasDue({ statements }: GroupTables, group: string, partition: PartitionId): boolean {
  const find = statements.get<[string, number], unknown>(
    'SELECT 1 FROM parked WHERE group_name = ? AND is_due = 1 AND partition = ? LIMIT 1',
  );
  return find.get(group, partition) !== undefined;
}

/** @throws LedgerError UNKNOWN_GROUP, NOT_PARKED */
export function redeliver(tables: GroupTables, group: string, sequences: readonly number[]): number {
  const chosen = [...new Set(sequences)];
  const mark = tables.statements.get<[string, number], never>(
    'UPDATE parked SET is_due = 1 WHERE group_name = ? AND sequence = ?',
  );
  checkParked(tables, group, chosen);
  for (const sequence of chosen) mark.run(group, sequence);
  // A new generation makes members send a heartbeat, which reports what is due.
  if (chosen.length > 0) nextGeneration(tables, group);
  return chosen.length;
}

const OF_SPAN = `group_name = ? AND sequence IN
  (SELECT sequence FROM parked WHERE group_name = ? AND sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?) RETURNING sequence`;

/** @throws LedgerError UNKNOWN_GROUP */
export function redeliverSpan(tables: GroupTables, group: string, span: ParkedSpan): SpanStep {
  const step = changeSpan(tables, group, span, `UPDATE parked SET is_due = 1 WHERE ${OF_SPAN}`);
  if (step.count > 0) nextGeneration(tables, group);
  return step;
}

/** @throws LedgerError UNKNOWN_GROUP */
export function dropSpan(tables: GroupTables, group: string, span: ParkedSpan): SpanStep {
  return changeSpan(tables, group, span, `DELETE FROM parked WHERE ${OF_SPAN}`);
}

function changeSpan(tables: GroupTables, group: string, { after, through, limit }: ParkedSpan, sql: string): SpanStep {
  checkGroup(tables, group);
  const change = tables.statements.get<[string, string, number, number, number], number>(sql);
  const sequences = change.pluck().all(group, group, after, through, limit) as number[];
  // SQLite does not define the order of RETURNING.
  return { count: sequences.length, last: sequences.length === 0 ? null : Math.max(...sequences) };
}

/** @throws LedgerError UNKNOWN_GROUP, NOT_PARKED */
export function drop(tables: GroupTables, group: string, sequences: readonly number[]): number {
  checkParked(tables, group, sequences);
  const remove = tables.statements.get<[string, number], never>(
    'DELETE FROM parked WHERE group_name = ? AND sequence = ?',
  );
  return sequences.reduce((dropped, sequence) => dropped + remove.run(group, sequence).changes, 0);
}

/** Takes the next event of the partition that is due: counts its delivery and clears the request. */
export function beginRedelivery(tables: GroupTables, heldLease: HeldLease): ParkedEvent | 'none' | 'lost' {
  if (!isHeld(tables, heldLease)) return 'lost';
  const begin = tables.statements.get<[string, string, number], RawRow>(
    `UPDATE parked SET attempts = attempts + 1, is_due = 0 WHERE group_name = ? AND sequence =
       (SELECT sequence FROM parked WHERE group_name = ? AND is_due = 1 AND partition = ? ORDER BY sequence LIMIT 1) RETURNING ${COLUMNS}`,
  );
  const row = begin.get(heldLease.group, heldLease.group, heldLease.partition);
  return row === undefined ? 'none' : toParked(row);
}

/** Takes back the begin of a redelivery. Needs no lease: its present holder delivers the event then. */
export function undoRedelivery(tables: GroupTables, group: string, sequence: number): void {
  tables.statements
    .get<[string, number], never>(
      'UPDATE parked SET attempts = attempts - 1, is_due = 1 WHERE group_name = ? AND sequence = ?',
    )
    .run(group, sequence);
  nextGeneration(tables, group);
}

export function settle(
  tables: GroupTables,
  heldLease: HeldLease,
  sequence: number,
  failure: ParkReason | null,
): RedeliveryOutcome {
  if (!isHeld(tables, heldLease)) return 'lost';
  const { statements } = tables;
  if (failure === null) {
    statements
      .get<[string, number], never>('DELETE FROM parked WHERE group_name = ? AND sequence = ?')
      .run(heldLease.group, sequence);
    return 'forgotten';
  }
  const keep = statements.get<[string, string, string, number], never>(
    'UPDATE parked SET reason = ?, details = ? WHERE group_name = ? AND sequence = ?',
  );
  // The event may have been dropped meanwhile.
  return keep.run(failure.reason, failure.details, heldLease.group, sequence).changes === 1 ? 'parked' : 'forgotten';
}

/** @throws LedgerError UNKNOWN_GROUP, NOT_PARKED */
export function checkParked(tables: GroupTables, group: string, sequences: readonly number[]): void {
  checkGroup(tables, group);
  const find = tables.statements.get<[string, number], unknown>(
    'SELECT 1 FROM parked WHERE group_name = ? AND sequence = ?',
  );
  const unknown = sequences.find((sequence) => find.get(group, sequence) === undefined);
  if (unknown !== undefined) throw notParked(group, unknown);
}
