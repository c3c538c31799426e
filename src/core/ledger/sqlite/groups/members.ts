/** Reads and writes the rows of members and leases. What changes in them is decided in `protocol/`. */

import type { PartitionId } from '../../../model/routing/partition.ts';
import type { GroupLease, Member } from '../../protocol/group-state.ts';
import { clientName, damaged, integer, type RawRow, textOrNull } from '../connection/rows.ts';
import type { GroupTables } from './group-rows.ts';

/** Inserts the member, or replaces the one of its name. */
export function storeMember({ statements }: GroupTables, group: string, member: Member): void {
  const { token, partitions, ttl, expiresAt } = member;
  statements
    .get<[string, string, number, string | null, number, number], never>(
      `INSERT INTO members (group_name, name, token, partitions, ttl, expires_at) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (group_name, name) DO UPDATE SET token = excluded.token, partitions = excluded.partitions, ttl = excluded.ttl, expires_at = excluded.expires_at`,
    )
    .run(group, member.name, token, partitions === null ? null : JSON.stringify(partitions), ttl, expiresAt);
}

export function deleteMember({ statements }: GroupTables, group: string, member: string): void {
  statements.get<[string, string], never>('DELETE FROM members WHERE group_name = ? AND name = ?').run(group, member);
}

export function endLease({ statements }: GroupTables, group: string, partition: PartitionId): void {
  statements
    .get<[string, number], never>('DELETE FROM leases WHERE group_name = ? AND partition = ?')
    .run(group, partition);
}

/** Inserts the lease, or replaces the one of its partition. */
export function storeLease({ statements }: GroupTables, group: string, { partition, member, token }: GroupLease): void {
  statements
    .get<[string, number, string, number], never>(
      `INSERT INTO leases (group_name, partition, member, token) VALUES (?, ?, ?, ?)
       ON CONFLICT (group_name, partition) DO UPDATE SET member = excluded.member, token = excluded.token`,
    )
    .run(group, partition, member, token);
}

/** By name. */
export function membersOf({ statements }: GroupTables, group: string): Member[] {
  const rows = statements
    .get<[string], RawRow>(
      'SELECT name, token, partitions, ttl, expires_at FROM members WHERE group_name = ? ORDER BY name',
    )
    .all(group);
  return rows.map((row) => {
    const wanted = textOrNull(row, 'partitions');
    return {
      name: clientName(row, 'name'),
      token: integer(row, 'token'),
      partitions: wanted === null ? null : readIds(wanted),
      ttl: integer(row, 'ttl'),
      expiresAt: integer(row, 'expires_at'),
    };
  });
}

/** @throws LedgerError VERIFICATION_FAILED */
function readIds(json: string): PartitionId[] {
  const ids = parsed(json);
  if (Array.isArray(ids) && ids.every((id) => Number.isSafeInteger(id) && id >= 0)) return ids;
  throw damaged('partitions', 'no list of partitions');
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

/** By partition. */
export function leasesOf({ statements }: GroupTables, group: string): GroupLease[] {
  const rows = statements
    .get<[string], RawRow>('SELECT partition, member, token FROM leases WHERE group_name = ? ORDER BY partition')
    .all(group);
  return rows.map((row) => ({
    partition: integer(row, 'partition'),
    member: clientName(row, 'member'),
    token: integer(row, 'token'),
  }));
}
