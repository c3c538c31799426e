/** Reads and writes the row of a group: its existence, and the counter from which its generations and fencing tokens are taken. */

import type { Database } from 'better-sqlite3';
import type { GroupState } from '../../protocol/group-state.ts';
import { integer, type RawRow } from '../connection/rows.ts';
import { createOnDemand, hasTable } from '../connection/schema.ts';
import type { Statements } from '../connection/statements.ts';

/** Statements over the tables of groups, which are created with the first group. */
export interface GroupTables {
  readonly db: Database;
  readonly statements: Statements;
  /** Whether the tables were seen: they are never dropped. */
  areThere: boolean;
}

export function hasGroups(tables: GroupTables): boolean {
  tables.areThere ||= hasTable(tables.db, 'groups');
  return tables.areThere;
}

export function generationOf(tables: GroupTables, group: string): number | null {
  if (!hasGroups(tables)) return null;
  const row = tables.statements.get<[string], RawRow>('SELECT generation FROM groups WHERE name = ?').get(group);
  return row === undefined ? null : integer(row, 'generation');
}

/** The columns of the group's row; null if there is no such group. */
export function groupRow(tables: GroupTables, group: string): Pick<GroupState, 'createdAt' | 'generation'> | null {
  if (!hasGroups(tables)) return null;
  const row = tables.statements
    .get<[string], RawRow>('SELECT generation, created_at FROM groups WHERE name = ?')
    .get(group);
  return row === undefined ? null : { createdAt: integer(row, 'created_at'), generation: integer(row, 'generation') };
}

export function insertGroup(
  tables: GroupTables,
  group: string,
  { createdAt, generation }: Pick<GroupState, 'createdAt' | 'generation'>,
): void {
  for (const table of ['groups', 'members', 'cursors', 'leases', 'parked'] as const) createOnDemand(tables.db, table);
  tables.statements
    .get<[string, number, number], never>('INSERT INTO groups (name, generation, created_at) VALUES (?, ?, ?)')
    .run(group, generation, createdAt);
}

/** Begins a new generation of every group: there are new partitions without a lease. */
export function nextGenerations(db: Database): void {
  if (hasTable(db, 'groups')) db.prepare('UPDATE groups SET generation = generation + 1').run();
}

export function setGeneration({ statements }: GroupTables, group: string, generation: number): void {
  statements.get<[number, string], never>('UPDATE groups SET generation = ? WHERE name = ?').run(generation, group);
}
