/** Members of a group: they join, renew, leave and die; their leases live and end with them. */

import type { Heartbeat } from '../../../model/group.ts';
import { LedgerError } from '../../../model/ledger-error.ts';
import type { PartitionId } from '../../../model/routing/partition.ts';
import type { Micros } from '../../../model/time/time.ts';
import { type Claimant, fairShares } from '../../protocol/fair-shares.ts';
import { integer, name, type RawRow, textOrNull } from '../connection/rows.ts';
import { type GroupTables, nextGeneration } from './group-rows.ts';

export interface LeaseRow {
  readonly partition: PartitionId;
  readonly member: string;
  readonly token: number;
}

export function leasesOf({ statements }: GroupTables, group: string): LeaseRow[] {
  const rows = statements
    .get<[string], RawRow>('SELECT partition, member, token FROM leases WHERE group_name = ? ORDER BY partition')
    .all(group);
  return rows.map((row) => ({
    partition: integer(row, 'partition'),
    member: name(row, 'member'),
    token: integer(row, 'token'),
  }));
}

export function aliveMembers({ statements }: GroupTables, group: string, now: Micros): string[] {
  const rows = statements
    .get<[string, number], RawRow>('SELECT name FROM members WHERE group_name = ? AND expires_at > ? ORDER BY name')
    .all(group, now);
  return rows.map((row) => name(row, 'name'));
}

/**
 * Renews a member, or takes it in. Returns its token. Whoever joins under a name takes its place; who was taken for dead while it was paused
 * comes back as new, without its leases.
 * @throws LedgerError MEMBER_REPLACED
 */
export function renew(tables: GroupTables, { group, member, token, partitions, ttl, now }: Heartbeat): number {
  const { statements } = tables;
  const row = statements
    .get<[string, string], RawRow>('SELECT token FROM members WHERE group_name = ? AND name = ?')
    .get(group, member);
  const known = row === undefined ? null : integer(row, 'token');
  if (known !== null && token !== null) {
    if (known !== token) throw replaced(group, member);
    statements
      .get<[number, number, string, string], never>(
        'UPDATE members SET expires_at = ?, ttl = ? WHERE group_name = ? AND name = ?',
      )
      .run(now + ttl, ttl, group, member);
    return token;
  }
  if (known !== null) remove(tables, group, member);
  const joined = nextGeneration(tables, group);
  statements
    .get<[string, string, number, string | null, number, number], never>(
      'INSERT INTO members (group_name, name, token, partitions, ttl, expires_at) VALUES (?, ?, ?, ?, ?, ?)',
    )
    .run(group, member, joined, partitions === null ? null : JSON.stringify(partitions), ttl, now + ttl);
  return joined;
}

function replaced(group: string, member: string): LedgerError {
  return new LedgerError('MEMBER_REPLACED', {
    message: `another process has joined group ${group} as member ${member}`,
    hint: 'give each process a member name of its own, or none',
    details: { group, member },
  });
}

/**
 * Ends the leases of those whose time has run out. A death with an event at hand makes it suspect: it may be what kills its consumers, and it counts as its
 * first failure. Deliveries of suspects are counted before they begin, so further deaths need not be, and nobody suffers for what another lane had in hand.
 */
export function removeDead(
  tables: GroupTables,
  group: string,
  now: Micros,
  hasMore: (partition: PartitionId, nextOffset: number) => boolean,
): void {
  const { statements } = tables;
  // where the clock was set back, nobody lives longer for it
  statements
    .get<[number, string, number], never>(
      'UPDATE members SET expires_at = ? + ttl WHERE group_name = ? AND expires_at > ? + ttl',
    )
    .run(now, group, now);
  const dead = statements
    .get<[string, number], string>('SELECT name FROM members WHERE group_name = ? AND expires_at <= ?')
    .pluck()
    .all(group, now);
  const heldBy = statements.get<[string, string], RawRow>(
    'SELECT partition, next_offset FROM leases JOIN cursors USING (group_name, partition) WHERE group_name = ? AND member = ?',
  );
  const suspect = statements.get<[string, number], never>(
    'UPDATE cursors SET attempts = 1 WHERE group_name = ? AND partition = ? AND attempts = 0',
  );
  for (const member of dead) {
    for (const row of heldBy.all(group, member)) {
      const partition = integer(row, 'partition');
      if (hasMore(partition, integer(row, 'next_offset'))) suspect.run(group, partition);
    }
    remove(tables, group, member);
  }
  if (dead.length > 0) nextGeneration(tables, group);
}

/** The member and its leases are gone. */
export function remove({ statements }: GroupTables, group: string, member: string): void {
  statements.get<[string, string], never>('DELETE FROM leases WHERE group_name = ? AND member = ?').run(group, member);
  statements.get<[string, string], never>('DELETE FROM members WHERE group_name = ? AND name = ?').run(group, member);
}

/** Gives up what is idle and due to others, takes what is free and due to this member. Returns what it still holds for others. */
export function rebalanceShares(
  tables: GroupTables,
  { group, member, idle }: Heartbeat,
  partitions: readonly PartitionId[],
): PartitionId[] {
  const { statements } = tables;
  const held = new Map(leasesOf(tables, group).map((lease) => [lease.partition, lease.member]));
  const shares = fairShares(partitions, claimants(tables, group), held);
  const surplus = partitions.filter((partition) => held.get(partition) === member && shares.get(partition) !== member);
  const given = surplus.filter((partition) => idle.includes(partition));
  const taken = partitions.filter((partition) => !held.has(partition) && shares.get(partition) === member);
  if (given.length + taken.length > 0) {
    const token = nextGeneration(tables, group);
    const release = statements.get<[string, number], never>(
      'DELETE FROM leases WHERE group_name = ? AND partition = ?',
    );
    const take = statements.get<[string, number, string, number], never>(
      'INSERT INTO leases (group_name, partition, member, token) VALUES (?, ?, ?, ?)',
    );
    for (const partition of given) release.run(group, partition);
    for (const partition of taken) take.run(group, partition, member, token);
  }
  return surplus.filter((partition) => !given.includes(partition));
}

function claimants({ statements }: GroupTables, group: string): Claimant[] {
  const rows = statements
    .get<[string], RawRow>('SELECT name, partitions FROM members WHERE group_name = ? ORDER BY name')
    .all(group);
  return rows.map((row) => {
    const wanted = textOrNull(row, 'partitions');
    return { name: name(row, 'name'), partitions: wanted === null ? null : new Set(JSON.parse(wanted) as number[]) };
  });
}
