/**
 * Verifies the end of a ledger before a process builds on it: every later commit would be linked to a broken one. The rows that are read are bounded, however
 * large the ledger and its last commit are, because a process that emits one event pays for them, too: 0.5 ms at 8 partitions.
 */

import type { Database } from 'better-sqlite3';
import type { LedgerConfig } from '../../../model/config.ts';
import { brokenCommit } from '../../protocol/broken-commit.ts';
import { hashBody } from '../../protocol/chain.ts';
import type { LiveStart } from '../archive/live-start.ts';
import { ChainWalk } from '../read/chain-walk.ts';
import { FrameReader, PLAIN_BYTES, toFrame, WHOLE_FRAME_COLUMNS } from '../read/read.ts';
import { natural, positive, type RawRow } from './rows.ts';
import { partitionTable } from './schema.ts';

/**
 * Bodies of the last commit are hashed again up to this many bytes, all partitions together. Larger ones are left to replay and verify: a commit is linked
 * to the stored hashes, so nothing is built on a body, and hashing megabytes would cost an emitter of one event milliseconds.
 */
const BODY_BYTES_MAX = 64 * 1024;
/** Most frames read to verify the ends of partitions: the links of 8 commits at 8 partitions, of a single one from 64 on. */
const FRAMES_MAX = 64;

/** @throws LedgerError VERIFICATION_FAILED, DAMAGED_LEDGER */
export function checkHead(db: Database): void {
  db.transaction(() => {
    const reader = new FrameReader(db);
    const walk = new ChainWalk(db, reader);
    walk.checkLastJoints();
    const { first, next } = reader.lastCommitThrough(Number.MAX_SAFE_INTEGER);
    const lastCommit = next === first ? 0 : first;
    const start = reader.start();
    const ends = reader
      .partitionIds()
      .map((partition) => ({ partition, commit: lastCommitOf(reader, partition, start) }));
    const beyond = ends.find(({ commit }) => commit > lastCommit);
    if (beyond !== undefined)
      throw brokenCommit(next, `partition tables hold frames at sequence ${beyond.commit}, and the commit is missing`);
    if (lastCommit === 0) return;
    const commits = new Set([lastCommit, ...ends.map(({ commit }) => commit).sort((one, other) => other - one)]);
    commits.delete(0);
    // a partition that ends before a commit has no frame of it: of 256 partitions an event was emitted to one
    for (const commit of [...commits].slice(0, Math.max(1, Math.floor(FRAMES_MAX / ends.length)))) {
      // a partition that ends before a commit has no frame of it: of 256 partitions an event was emitted to one
      const reaching = ends.filter((end) => end.commit >= commit).map(({ partition }) => partition);
      walk.checkLink(commit, reaching);
    }
    for (const { partition, commit } of ends)
      if (commit === lastCommit) checkBody(reader, partition, commit, BODY_BYTES_MAX / ends.length);
  }).deferred();
}

/** Settings that keep readers from verifying are used only if the chain covers them. @throws LedgerError VERIFICATION_FAILED */
export function checkSettings(db: Database, { determinism }: LedgerConfig): void {
  if (determinism !== 'strict') new ChainWalk(db, new FrameReader(db)).checkLastJoints();
}

function checkBody(reader: FrameReader, partition: number, commit: number, bytesMax: number): void {
  const row = reader.statements
    .get<[number, number], RawRow>(
      `SELECT ${WHOLE_FRAME_COLUMNS} FROM ${partitionTable(partition)} WHERE sequence = ? AND ${PLAIN_BYTES} <= ?`,
    )
    .get(commit, bytesMax);
  if (row === undefined) return;
  const { body, hash } = toFrame(partition, row);
  if (!hashBody(body).equals(hash)) throw brokenCommit(commit, `checksum mismatch in partition ${partition}`);
}

/**
 * The commit that the last frame of a partition belongs to; 0 if it has none that is not archived. The next offset is taken from that frame, so its own offset must continue
 * the frame before. @throws LedgerError VERIFICATION_FAILED
 */
function lastCommitOf(reader: FrameReader, partition: number, start: LiveStart): number {
  const [last, before] = reader.statements
    .get<[], RawRow>(`SELECT sequence, offset, count FROM ${partitionTable(partition)} ORDER BY sequence DESC LIMIT 2`)
    .all();
  if (last === undefined) return 0;
  const commit = positive(last, 'sequence');
  // a row that is to be deleted: what was before it may be gone
  if (commit < start.sequence) return 0;
  const expected =
    before === undefined ? start.endOf(partition).nextOffset : natural(before, 'offset') + positive(before, 'count');
  if (natural(last, 'offset') !== expected) throw brokenCommit(commit, `offsets of partition ${partition} have a gap`);
  return commit;
}
