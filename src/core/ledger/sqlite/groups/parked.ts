/** Reads and writes the rows of parked events. What the holder of a lease changes in one is decided in `protocol/lane-change.ts`. */

import type { ParkedChange, ParkedEvent, ParkedSelection, ParkedSpan } from '../../../model/group.ts';
import type { PartitionId } from '../../../model/routing/partition.ts';
import type { ParkedStep } from '../../group-store.ts';
import { integer, natural, positive, type RawRow, text } from '../connection/rows.ts';
import { type GroupTables, generationOf, setGeneration } from './group-rows.ts';

const COLUMNS = 'sequence, partition, offset, attempts, reason, details, parked_at, is_due';

/** Those of the selection that are parked; null if there is no such group. */
export function parkedOf(tables: GroupTables, group: string, selection: ParkedSelection): ParkedEvent[] | null {
  if (generationOf(tables, group) === null) return null;
  if (!isSpan(selection))
    return selection.map((sequence) => findParked(tables, group, sequence)).filter((event) => event !== null);
  const rows = tables.statements.get<[string, number, number, number], RawRow>(
    `SELECT ${COLUMNS} FROM parked WHERE group_name = ? AND sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?`,
  );
  return rows.all(group, selection.after, selection.through, selection.limit).map(toParked);
}

export function findParked({ statements }: GroupTables, group: string, sequence: number): ParkedEvent | null {
  const row = statements
    .get<[string, number], RawRow>(`SELECT ${COLUMNS} FROM parked WHERE group_name = ? AND sequence = ?`)
    .get(group, sequence);
  return row === undefined ? null : toParked(row);
}

/** The first event of the partition that waits for redelivery. */
export function firstDue({ statements }: GroupTables, group: string, partition: PartitionId): ParkedEvent | null {
  const row = statements
    .get<[string, number], RawRow>(
      `SELECT ${COLUMNS} FROM parked WHERE group_name = ? AND is_due = 1 AND partition = ? ORDER BY sequence LIMIT 1`,
    )
    .get(group, partition);
  return row === undefined ? null : toParked(row);
}

export function hasDue({ statements }: GroupTables, group: string, partition: PartitionId): boolean {
  const find = statements.get<[string, number], unknown>(
    'SELECT 1 FROM parked WHERE group_name = ? AND is_due = 1 AND partition = ? LIMIT 1',
  );
  return find.get(group, partition) !== undefined;
}

/** Inserts the event, or stores it in place of the one of its sequence. */
export function storeParked({ statements }: GroupTables, group: string, event: ParkedEvent): void {
  const { sequence, partition, offset, attempts, reason, details, parkedAt } = event;
  statements
    .get<[string, number, number, number, number, string, string, number, number], never>(
      `INSERT INTO parked (group_name, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (group_name, sequence) DO UPDATE SET attempts = excluded.attempts, reason = excluded.reason, details = excluded.details, is_due = excluded.is_due`,
    )
    .run(group, sequence, partition, offset, attempts, reason, details, parkedAt, event.redeliveryDue ? 1 : 0);
}

export function deleteParked({ statements }: GroupTables, group: string, sequence: number): void {
  statements.get<[string, number], never>(`${CHANGES.drop} ${OF_SEQUENCE}`).run(group, sequence);
}

const CHANGES: Readonly<Record<ParkedChange, string>> = {
  drop: 'DELETE FROM parked',
  redeliver: 'UPDATE parked SET is_due = 1',
  undoRedelivery: 'UPDATE parked SET attempts = attempts - 1, is_due = 1',
};

const OF_SEQUENCE = 'WHERE group_name = ? AND sequence = ?';

const OF_SPAN = `WHERE group_name = ? AND sequence IN
  (SELECT sequence FROM parked WHERE group_name = ? AND sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?) RETURNING sequence`;

/** Null if there is no such group. */
export function changeParked(
  tables: GroupTables,
  group: string,
  selection: ParkedSelection,
  change: ParkedChange,
): ParkedStep | null {
  const generation = generationOf(tables, group);
  if (generation === null) return null;
  const step = isSpan(selection)
    ? changeSpan(tables, group, selection, CHANGES[change])
    : changeNamed(tables, group, [...new Set(selection)], CHANGES[change]);
  if (change !== 'drop' && step.count > 0) setGeneration(tables, group, generation + 1);
  return step;
}

/** One statement, whatever is parked: no event of a span is brought into memory. */
function changeSpan(
  { statements }: GroupTables,
  group: string,
  { after, through, limit }: ParkedSpan,
  change: string,
): ParkedStep {
  const run = statements.get<[string, string, number, number, number], number>(`${change} ${OF_SPAN}`);
  return stepOf(run.pluck().all(group, group, after, through, limit) as number[]);
}

function changeNamed(
  { statements }: GroupTables,
  group: string,
  sequences: readonly number[],
  change: string,
): ParkedStep {
  const find = statements.get<[string, number], unknown>(`SELECT 1 FROM parked ${OF_SEQUENCE}`);
  const missing = sequences.find((sequence) => find.get(group, sequence) === undefined);
  if (missing !== undefined) return { ...stepOf([]), missing };
  const run = statements.get<[string, number], never>(`${change} ${OF_SEQUENCE}`);
  for (const sequence of sequences) run.run(group, sequence);
  return stepOf(sequences);
}

/** SQLite does not define the order of RETURNING. */
function stepOf(sequences: readonly number[]): ParkedStep {
  return {
    count: sequences.length,
    last: sequences.length === 0 ? null : sequences.reduce((last, sequence) => Math.max(last, sequence)),
    missing: null,
  };
}

function isSpan(selection: ParkedSelection): selection is ParkedSpan {
  return 'after' in selection;
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
