/** Deletes the rows of a group. */

import type { GroupTables } from './group-rows.ts';

/** Tables in an order in which no row refers to one that is gone. */
const TABLES = ['parked', 'leases', 'members', 'cursors'] as const;

export function deleteGroup({ statements }: GroupTables, group: string): void {
  for (const table of TABLES) statements.get<[string], never>(`DELETE FROM ${table} WHERE group_name = ?`).run(group);
  statements.get<[string], never>('DELETE FROM groups WHERE name = ?').run(group);
}
