/**
 * Verifies the end of a ledger before a process builds on it: every later commit would be linked to a broken one. The rows that are read are bounded, however
 * large the ledger and its last commit are, because a process that emits one event pays for them, too: 0.5 ms at 8 partitions.
 */

import type { Database } from 'better-sqlite3';
import type { LedgerConfig } from '../../../model/config.ts';
import type { PartitionId } from '../../../model/routing/partition.ts';
import { brokenCommit } from '../../protocol/broken-commit.ts';
import { type FrameLink, hashBody } from '../../protocol/chain.ts';
import type { LiveStart } from '../archive/live-start.ts';
import { ChainWalk } from '../read/chain-walk.ts';
import { overPartitions } from '../read/over-partitions.ts';
import { FRAME_COLUMNS, FrameReader, PLAIN_BYTES, toFrame, toFrameLink, WHOLE_FRAME_COLUMNS } from '../read/read.ts';
import { integer, natural, positive, type RawRow } from './rows.ts';
import { partitionTable } from './schema.ts';

/**
 * Bodies of the last commit are hashed again up to this many bytes, all partitions together. Larger ones are left to replay and verify: a commit is linked
 * to the stored hashes, so nothing is built on a body, and hashing megabytes would cost an emitter of one event milliseconds.
 */
const BODY_BYTES_MAX = 64 * 1024;
/** Most frames read to verify the ends of partitions: the links of 8 commits at 8 partitions, of a single one from 64 on. */
const FRAMES_MAX = 64;
/** An event in a body: `[0,0,1]` and a comma. */
const EVENT_BYTES_MIN = 8;

/** @throws LedgerError VERIFICATION_FAILED, DAMAGED_LEDGER */
export function checkHead(db: Database): void {
  db.transaction(() => {
    const reader = new FrameReader(db);
    const walk = new ChainWalk(db, reader);
    walk.checkLastJoints();
    const { first, next } = reader.lastCommitThrough(Number.MAX_SAFE_INTEGER);
    const lastCommit = next === first ? 0 : first;
    const ends = readEnds(db, reader);
    const beyond = ends.find(({ commit }) => commit > lastCommit);
    if (beyond !== undefined)
      throw brokenCommit(next, `partition tables hold frames at sequence ${beyond.commit}, and the commit is missing`);
    if (lastCommit === 0) return;
    const commits = new Set([lastCommit, ...ends.map(({ commit }) => commit).sort((one, other) => other - one)]);
    commits.delete(0);
    for (const commit of [...commits].slice(0, Math.max(1, Math.floor(FRAMES_MAX / ends.length)))) {
      // a partition that ends before a commit has no frame of it: of 256 partitions an event was emitted to one
      const known = ends.filter((end) => end.commit === commit).map(({ last }) => last as FrameLink);
      const later = ends.filter((end) => end.commit > commit).map(({ partition }) => partition);
      walk.checkLink(commit, { known, partitions: later });
    }
    checkBodies(
      db,
      ends.filter(({ commit }) => commit === lastCommit),
      BODY_BYTES_MAX / ends.length,
    );
  }).deferred();
}

/** Settings that keep readers from verifying are used only if the chain covers them. @throws LedgerError VERIFICATION_FAILED */
export function checkSettings(db: Database, { determinism }: LedgerConfig): void {
  if (determinism !== 'strict') new ChainWalk(db, new FrameReader(db)).checkLastJoints();
}

/** Hashes the last bodies of some partitions again, those of up to `bytesMax`. @throws LedgerError VERIFICATION_FAILED */
function checkBodies(db: Database, ends: readonly PartitionTail[], bytesMax: number): void {
  // A large commit has none of them, and asking all its partitions takes as long as the rest of the opening.
  const small = ends.filter(({ last }) => last !== null && last.count * EVENT_BYTES_MIN <= bytesMax);
  for (const { partition, commit } of small) {
    const row = db
      .prepare<[number, number], RawRow>(
        `SELECT ${WHOLE_FRAME_COLUMNS} FROM ${partitionTable(partition)} WHERE sequence = ? AND ${PLAIN_BYTES} <= ?`,
      )
      .get(commit, bytesMax);
    if (row === undefined) continue;
    const { body, hash } = toFrame(partition, row);
    if (!hashBody(body).equals(hash)) throw brokenCommit(commit, `checksum mismatch in partition ${partition}`);
  }
}

interface PartitionTail {
  readonly partition: PartitionId;
  /** First sequence of the commit that the partition's last frame belongs to; 0 if it has no frame that is not archived. */
  readonly commit: number;
  /** The partition's last frame; null if it has none. */
  readonly last: FrameLink | null;
}

/** By partition, from the last two frames of each. @throws LedgerError VERIFICATION_FAILED */
function readEnds(db: Database, reader: FrameReader): PartitionTail[] {
  const partitions = reader.partitionIds();
  if (partitions.length === 0) return [];
  const start = reader.start();
  const sql = overPartitions(
    partitions,
    (table, id) =>
      `SELECT * FROM (SELECT ${id} AS partition, ${FRAME_COLUMNS} FROM ${table} ORDER BY sequence DESC LIMIT 2)`,
  );
  const rows = new Map<PartitionId, RawRow[]>(partitions.map((partition) => [partition, []]));
  for (const row of db.prepare<[], RawRow>(sql).all()) rows.get(natural(row, 'partition'))?.push(row);
  return [...rows].map(([partition, lastTwo]) => tailOf(partition, lastTwo, start));
}

/** The next offset is taken from the last frame, so its own must continue the frame before. @throws LedgerError VERIFICATION_FAILED */
function tailOf(partition: PartitionId, lastTwo: readonly RawRow[], start: LiveStart): PartitionTail {
  const [row, before] = lastTwo.toSorted((one, other) => integer(other, 'sequence') - integer(one, 'sequence'));
  if (row === undefined) return { partition, commit: 0, last: null };
  const commit = positive(row, 'sequence');
  // a row that is to be deleted: what was before it may be gone
  if (commit < start.sequence) return { partition, commit: 0, last: null };
  const last = toFrameLink(partition, row);
  const expected =
    before === undefined ? start.endOf(partition).nextOffset : natural(before, 'offset') + positive(before, 'count');
  if (last.offset !== expected) throw brokenCommit(commit, `offsets of partition ${partition} have a gap`);
  return { partition, commit, last };
}
