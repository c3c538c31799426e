/** Finds positions in history without an index: sequence, offset and time grow together, so bisection over primary keys is enough. */

import type { Database } from 'better-sqlite3';
import { walkFrameBody } from '../../../frames/frame-body.ts';
import type { StoredFrame } from '../../../model/events/commit.ts';
import type { PartitionId } from '../../../model/routing/partition.ts';
import type { Micros } from '../../../model/time/time.ts';
import { brokenCommit } from '../../protocol/broken-commit.ts';
import { integer, type RawRow } from '../connection/rows.ts';
import { ChainWalk } from './chain-walk.ts';
import type { FrameReader } from './read.ts';

/** First sequence of the first commit from `start` on that ends at `time` or later; null if there is none. */
function firstCommitReaching(db: Database, time: Micros, start: number): number | null {
  const last = db
    .prepare<[], RawRow>('SELECT first_sequence, last_time FROM commits ORDER BY first_sequence DESC LIMIT 1')
    .get();
  if (last === undefined || integer(last, 'last_time') < time) return null;
  const atOrBefore = db.prepare<[number], RawRow>(
    'SELECT first_sequence, last_time FROM commits WHERE first_sequence <= ? ORDER BY first_sequence DESC LIMIT 1',
  );
  let low = start;
  let high = integer(last, 'first_sequence');
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const row = atOrBefore.get(middle);
    if (row === undefined || integer(row, 'last_time') < time) low = middle + 1;
    else high = integer(row, 'first_sequence');
  }
  return high;
}

/**
 * The first sequence whose time is `time` or later; null if there is none. The links of the commits on both sides are recomputed: a time that was
 * changed would move the start of a range, and nothing in the range itself would show it. @throws LedgerError VERIFICATION_FAILED
 */
export function sequenceAtTime(db: Database, reader: FrameReader, time: Micros): number | null {
  const { sequence: start } = reader.start();
  const commit = firstCommitReaching(db, time, start);
  const walk = new ChainWalk(db, reader);
  const before = reader.lastCommitThrough(commit === null ? Number.MAX_SAFE_INTEGER : commit - 1);
  if (before.next > before.first && before.first >= start) walk.checkLink(before.first);
  if (commit === null) return null;
  walk.checkLink(commit);
  let sequence = null as number | null;
  for (const frame of reader.framesAt(commit)) {
    visitFrame(frame, (candidate, candidateTime) => {
      if (candidateTime >= time && (sequence === null || candidate < sequence)) sequence = candidate;
    });
  }
  if (sequence === null) throw brokenCommit(commit, 'its events end before its last time');
  return sequence;
}

/** The sequence of the nth last event of the partitions up to `through`; null if there are fewer. */
export function sequenceOfLast(
  frameBefore: (partition: PartitionId, sequence: number) => StoredFrame | undefined,
  count: number,
  partitions: readonly PartitionId[],
  through: number,
): number | null {
  const sequences: number[] = [];
  for (const partition of partitions) {
    let found = 0;
    let before = Math.min(through, Number.MAX_SAFE_INTEGER - 1) + 1;
    while (found < count) {
      const frame = frameBefore(partition, before);
      if (frame === undefined) break;
      visitFrame(frame, (sequence) => {
        if (sequence > through) return;
        sequences.push(sequence);
        found++;
      });
      before = frame.sequence;
    }
  }
  if (sequences.length < count) return null;
  return sequences.sort((one, other) => other - one)[count - 1] ?? null;
}

function visitFrame(frame: StoredFrame, visit: (sequence: number, time: Micros) => void): void {
  walkFrameBody(frame.body, (sequenceDelta, timeDelta) =>
    visit(frame.sequence + sequenceDelta, frame.firstTime + timeDelta),
  );
}
