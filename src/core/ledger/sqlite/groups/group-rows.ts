/** Reads and writes the row of a group: its existence, and the counter from which its generations and fencing tokens are taken. */

import type { Database } from 'better-sqlite3';
import { checkName } from '../../../model/routing/partition.ts';
import type { Micros } from '../../../model/time/time.ts';
import { unknownGroup } from '../../protocol/group-errors.ts';
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
  return (
    (tables.statements.get<[string], number>('SELECT generation FROM groups WHERE name = ?').pluck().get(group) as
      | number
      | undefined) ?? null
  );
}

/** The current generation. @throws LedgerError UNKNOWN_GROUP */
export function checkGroup(tables: GroupTables, group: string): number {
  const generation = generationOf(tables, group);
  if (generation === null) throw unknownGroup(group);
  return generation;
}

/** Returns false if it exists already. */
export function insertGroup(tables: GroupTables, group: string, now: Micros): boolean {
  checkName('group', group);
  for (const table of ['groups', 'members', 'cursors', 'leases', 'parked'] as const) createOnDemand(tables.db, table);
  const insert = tables.statements.get<[string, number], never>(
    'INSERT INTO groups (name, generation, created_at) VALUES (?, 0, ?) ON CONFLICT DO NOTHING',
  );
  return insert.run(group, now).changes === 1;
}

/** Begins a new generation of every group: there are new partitions without a lease. */
export function nextGenerations(db: Database): void {
  if (hasTable(db, 'groups')) db.prepare('UPDATE groups SET generation = generation + 1').run();
}

/** Begins a new generation: members or leases change. */
export function nextGeneration({ statements }: GroupTables, group: string): number {
  return statements
    .get<[string], number>('UPDATE groups SET generation = generation + 1 WHERE name = ? RETURNING generation')
    .pluck()
    .get(group) as number;
}

export function setGeneration({ statements }: GroupTables, group: string, generation: number): void {
  statements.get<[number, string], never>('UPDATE groups SET generation = ? WHERE name = ?').run(generation, group);
}
