/** Records an archived run, in one transaction: the link of the chain, and the cursors that go on from its end. From then on readers take the run from its segment. */

import type { Database } from 'better-sqlite3';
import { LedgerError } from '../../../model/ledger-error.ts';
import type { Micros } from '../../../model/time/time.ts';
import type { GroupBehind } from '../../archives.ts';
import { brokenCommit } from '../../protocol/broken-commit.ts';
import { type ArchiveLink, hashArchive } from '../../protocol/chain.ts';
import type { LedgerState } from '../../protocol/ledger-state.ts';
import { createOnDemand, hasTable } from '../connection/schema.ts';
import { NOTHING_FAILED } from '../groups/cursors.ts';
import { nextGenerations } from '../groups/group-rows.ts';
import type { ChainJoints } from '../read/chain-joints.ts';
import type { FrameReader } from '../read/read.ts';
import { insertArchiveRow } from './archive-rows.ts';
import { formatEnds } from './live-start.ts';
import { endsBefore, type PlannedRun } from './plan.ts';

/** A segment that is on the disk, and was verified there. */
export interface StoredSegment {
  readonly file: string;
  readonly bytes: number;
  /** BLAKE3 of the file. */
  readonly checksum: Buffer;
}

export interface RecordRequest {
  readonly plan: PlannedRun & { readonly range: NonNullable<PlannedRun['range']> };
  /** Null: the run is dropped. */
  readonly segment: StoredSegment | null;
  readonly hashBehind: Buffer;
  readonly force: boolean;
  readonly now: Micros;
}

/** Must run inside an IMMEDIATE transaction, on the state as of it. `present`: the same plan, as of the transaction. */
export function recordRun(
  db: Database,
  reader: FrameReader,
  joints: ChainJoints,
  state: LedgerState,
  { plan, segment, hashBehind, force, now }: RecordRequest,
  present: PlannedRun,
): void {
  const { from, through } = plan.range;
  if (joints.start.sequence !== from || present.range?.through !== through) throw archivedMeanwhile();
  if (present.groupsBehind.length > 0 && !force) throw groupsAreBehind(present.groupsBehind);
  const end = joints.lastCommitBefore(through + 1);
  if (end.next !== through + 1 || !end.hash.equals(hashBehind))
    throw brokenCommit(through, 'its chain hash is not that of the segment');
  createOnDemand(db, 'segments');
  const ends = endsBefore(db, reader, joints.start, through + 1);
  const link: ArchiveLink = {
    number: joints.archives.length + 1,
    beforeSequence: state.sequence + 1,
    epoch: state.epoch.epoch,
    firstSequence: from,
    through,
    firstTime: plan.firstTime ?? 0,
    lastTime: plan.lastTime ?? 0,
    commits: plan.commits,
    archivedAt: now,
    ends: formatEnds(ends),
    seams: Buffer.concat(joints.jointPlaces(from, through).map((place) => joints.lastCommitBefore(place).hash)),
    hashBehind,
    file: segment?.file ?? null,
    bytes: segment?.bytes ?? null,
    checksum: segment?.checksum ?? null,
  };
  insertArchiveRow(db, { ...link, hash: hashArchive(state.hash, joints.ledger.uuid, link) });
  moveCursors(
    db,
    through + 1,
    ends.map(({ nextOffset }) => nextOffset),
    present.groupsBehind,
    segment === null,
  );
}

/** Cursors that have read the run go on from its end, and so do those of groups that are behind. */
function moveCursors(
  db: Database,
  next: number,
  offsets: readonly number[],
  behind: readonly GroupBehind[],
  drop: boolean,
): void {
  if (!hasTable(db, 'groups')) return;
  const move = db.prepare(
    `INSERT INTO cursors (group_name, partition, next_offset, next_sequence, attempts) SELECT name, ?, ?, ?, 0 FROM groups WHERE true
     ON CONFLICT (group_name, partition) DO UPDATE SET next_offset = excluded.next_offset, next_sequence = excluded.next_sequence, attempts = 0, ${NOTHING_FAILED}
     WHERE cursors.next_offset < excluded.next_offset`,
  );
  const advance = db.prepare(
    'UPDATE cursors SET next_sequence = ? WHERE partition = ? AND next_offset = ? AND next_sequence < ?',
  );
  for (const [partition, offset] of offsets.entries()) {
    if (offset === 0) continue;
    move.run(partition, offset, next);
    advance.run(next, partition, offset, next);
  }
  if (behind.length === 0) return;
  // Deliveries in flight must not bring a moved cursor back, and members must hear of it.
  const endLease = db.prepare('DELETE FROM leases WHERE group_name = ? AND partition = ?');
  for (const { group, partitions } of behind) for (const partition of partitions) endLease.run(group, partition);
  if (drop) db.prepare('DELETE FROM parked WHERE sequence < ?').run(next);
  nextGenerations(db);
}

export function archivedMeanwhile(): LedgerError {
  return new LedgerError('BUSY', {
    message: 'another archive of this ledger was recorded meanwhile; this one has changed nothing',
    hint: 'look at what is archived: completengine inspect; then run the same command again',
  });
}

export function groupsAreBehind(groups: readonly GroupBehind[]): LedgerError {
  const named = groups.slice(0, 4).map(({ group, events }) => `${group} (${events} events)`);
  const rest = groups.length > named.length ? `, and ${groups.length - named.length} more` : '';
  return new LedgerError('GROUP_BEHIND', {
    message: `consumer groups have not read all that would be archived: ${named.join(', ')}${rest}`,
    hint: 'let them finish, archive less, or move their cursors to the end of it with `force`',
    details: { groups: groups.map(({ group, events }) => ({ group, events })) },
  });
}
