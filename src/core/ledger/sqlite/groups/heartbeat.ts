/** Applies a heartbeat to a group: reads its state, has the change decided, and writes the rows that change. */

import type { Heartbeat, Membership } from '../../../model/group.ts';
import { decideHeartbeat, type GroupState, type MembershipChange } from '../../protocol/membership.ts';
import type { FrameReader } from '../read/read.ts';
import { cursorsOf, cursorsOfAll, setCursors } from './cursors.ts';
import { checkGroup, type GroupTables, setGeneration } from './group-rows.ts';
import { endOf } from './lanes.ts';
import { deleteMember, leasesOf, membersOf, storeMember } from './members.ts';

/** The group as of this transaction. @throws LedgerError UNKNOWN_GROUP */
export function readGroup(tables: GroupTables, reader: FrameReader, group: string): GroupState {
  return {
    generation: checkGroup(tables, group),
    members: membersOf(tables, group),
    leases: leasesOf(tables, group),
    cursors: cursorsOfAll(tables, reader, group),
  };
}

/** Joins or renews a member, in an IMMEDIATE transaction. @throws LedgerError MEMBER_REPLACED, UNKNOWN_GROUP */
export function heartbeat(tables: GroupTables, reader: FrameReader, beat: Heartbeat): Omit<Membership, 'due'> {
  const state = readGroup(tables, reader, beat.group);
  const change = decideHeartbeat(state, beat, (partition) => endOf(reader, partition));
  applyChange(tables, beat.group, change);
  if (change.generation !== state.generation) setGeneration(tables, beat.group, change.generation);
  keepNewCursors(tables, beat.group, state);
  return change.membership;
}

function applyChange(tables: GroupTables, group: string, change: MembershipChange): void {
  const { statements } = tables;
  const suspect = statements.get<[string, number], never>(
    'UPDATE cursors SET attempts = 1 WHERE group_name = ? AND partition = ?',
  );
  const release = statements.get<[string, number], never>('DELETE FROM leases WHERE group_name = ? AND partition = ?');
  const claim = statements.get<[string, number, string, number], never>(
    'INSERT INTO leases (group_name, partition, member, token) VALUES (?, ?, ?, ?)',
  );
  for (const member of change.stored) storeMember(tables, group, member);
  for (const partition of change.suspects) suspect.run(group, partition);
  for (const member of change.dead) deleteMember(tables, group, member);
  for (const partition of change.released) release.run(group, partition);
  for (const { partition, member, token } of change.claimed) claim.run(group, partition, member, token);
}

/** Partitions that an epoch has added get a cursor: from now on a member may move it. */
function keepNewCursors(tables: GroupTables, group: string, { cursors }: GroupState): void {
  const known = new Set(cursorsOf(tables, group).map(({ partition }) => partition));
  setCursors(
    tables,
    group,
    cursors.filter(({ partition }) => !known.has(partition)),
  );
}
