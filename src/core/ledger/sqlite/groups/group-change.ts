/** Reads the state of a group, and writes the rows in which its next state differs. What changes is decided in `protocol/`. */

import type { GroupFacts, GroupState } from '../../protocol/group-state.ts';
import { laneEnds } from '../read/lanes.ts';
import type { FrameReader } from '../read/read.ts';
import { cursorsOf, setCursors } from './cursors.ts';
import { type GroupTables, groupRow, insertGroup, setGeneration } from './group-rows.ts';
import { deleteMember, endLease, leasesOf, membersOf, storeLease, storeMember } from './members.ts';
import { hasDue } from './parked.ts';

/** The group as of this transaction; null if there is none. */
export function readGroup(tables: GroupTables, group: string): GroupState | null {
  const row = groupRow(tables, group);
  if (row === null) return null;
  return {
    ...row,
    members: membersOf(tables, group),
    leases: leasesOf(tables, group),
    cursors: cursorsOf(tables, group),
  };
}

export function groupFacts(tables: GroupTables, reader: FrameReader, group: string): GroupFacts {
  return {
    get partitions() {
      return reader.partitionIds();
    },
    endOf: laneEnds(reader),
    hasDue: (partition) => hasDue(tables, group, partition),
    timeOf: (now) => now,
  };
}

/** Must run in the transaction in which `before` was read. Null: there is no such group yet. */
export function writeGroup(tables: GroupTables, group: string, before: GroupState | null, after: GroupState): void {
  if (before === null) insertGroup(tables, group, after);
  else if (after.generation !== before.generation) setGeneration(tables, group, after.generation);
  const { members = [], leases = [], cursors = [] } = before ?? {};
  for (const { partition } of missing(leases, after.leases, ofPartition)) endLease(tables, group, partition);
  for (const { name } of missing(members, after.members, (member) => member.name)) deleteMember(tables, group, name);
  for (const member of added(members, after.members)) storeMember(tables, group, member);
  for (const lease of added(leases, after.leases)) storeLease(tables, group, lease);
  setCursors(tables, group, added(cursors, after.cursors));
}

/** Those that are new or changed: what stays the same is the same object. */
function added<Row>(before: readonly Row[], after: readonly Row[]): Row[] {
  const known = new Set(before);
  return after.filter((row) => !known.has(row));
}

function missing<Row>(before: readonly Row[], after: readonly Row[], keyOf: (row: Row) => unknown): Row[] {
  const kept = new Set(after.map(keyOf));
  return before.filter((row) => !kept.has(keyOf(row)));
}

const ofPartition = ({ partition }: { readonly partition: number }) => partition;
