/** Reads partitions as lanes: their ends, the position of a sequence in them, and the next events within bounds. */

import { walkFrameBody } from '../../../frames/frame-body.ts';
import type { StoredCommit, StoredFrame } from '../../../model/events/commit.ts';
import type { LanePosition } from '../../../model/group.ts';
import { LedgerError } from '../../../model/ledger-error.ts';
import type { PartitionId } from '../../../model/routing/partition.ts';
import type { Micros } from '../../../model/time/time.ts';
import type { LaneRequest } from '../../groups.ts';
import { checkLanes } from '../read/dense-frames.ts';
import type { LedgerHistory } from '../read/ledger-history.ts';
import type { FrameReader } from '../read/read.ts';
import { readPartitionEnd } from '../write/partition-end.ts';
import type { GroupTables } from './group-rows.ts';

/** The offset the next event of the partition gets. */
export function endOf(reader: FrameReader, partition: PartitionId): number {
  return readPartitionEnd(reader.statements, partition).nextOffset;
}

/** The first event of the partition with this sequence or a later one that was not dropped. */
export function positionAt(history: LedgerHistory, partition: PartitionId, sequence: number): LanePosition {
  const floor = history.floor();
  if (sequence <= floor.sequence)
    return { nextOffset: floor.endOf(partition).nextOffset, nextSequence: floor.sequence };
  const frame = history.frameBefore(partition, sequence);
  if (frame === undefined) return { nextOffset: floor.endOf(partition).nextOffset, nextSequence: sequence };
  let before = 0;
  walkFrameBody(frame.body, (sequenceDelta) => {
    if (frame.sequence + sequenceDelta < sequence) before++;
  });
  return { nextOffset: frame.offset + before, nextSequence: sequence };
}

/** Ledger time of the next event; null if there is none yet, or if its segment is not at hand. */
export function timeOfNext(
  history: LedgerHistory,
  partition: PartitionId,
  { nextOffset, nextSequence }: LanePosition,
): Micros | null {
  try {
    for (const frame of history.framesFrom(partition, history.commitHolding(nextSequence).first)) {
      if (frame.offset + frame.count > nextOffset) return timeAt(frame, nextOffset);
    }
    return null;
  } catch (error) {
    if (error instanceof LedgerError && (error.code === 'ARCHIVE_MISSING' || error.code === 'HISTORY_DROPPED'))
      return null;
    throw error;
  }
}

function timeAt({ offset, firstTime, lastTime, body }: StoredFrame, wanted: number): Micros | null {
  if (offset >= wanted || firstTime === lastTime) return firstTime;
  let found: Micros | null = null;
  let at = offset;
  walkFrameBody(body, (_, timeDelta) => {
    if (at++ === wanted) found = firstTime + timeDelta;
  });
  return found;
}

/**
 * The request without archived history that no group has left to read in the partition: a lane that was read to its end before the archive needs no segment,
 * and goes on although it may not be at hand.
 */
export function pastArchive({ statements }: GroupTables, reader: FrameReader, request: LaneRequest): LaneRequest {
  const { partition, fromSequence } = request;
  const start = reader.start();
  if (fromSequence >= start.sequence) return request;
  const behind = statements
    .get<[number, number], unknown>('SELECT 1 FROM cursors WHERE partition = ? AND next_offset < ? LIMIT 1')
    .get(partition, start.endOf(partition).nextOffset);
  return behind === undefined ? { ...request, fromSequence: start.sequence } : request;
}

/** Frames from the one that may hold `fromSequence` on. The first one may begin with earlier events. */
export function readLane(
  history: LedgerHistory,
  { partition, fromSequence, events, bytes }: LaneRequest,
): StoredCommit[] {
  const commits: StoredCommit[] = [];
  let wantedEvents = events;
  let wantedBytes = bytes;
  // The consumer compares the first offset with its cursor.
  let nextOffset: number | null = null;
  const from = Math.max(fromSequence, history.floor().sequence);
  for (const frame of history.framesFrom(partition, history.commitHolding(from).first)) {
    checkLanes([frame], () => nextOffset ?? frame.offset);
    nextOffset = frame.offset + frame.count;
    commits.push({ firstSequence: frame.sequence, frames: [frame] });
    // It is not known how many events of a frame that begins earlier are wanted.
    if (frame.sequence < from) continue;
    wantedEvents -= frame.count;
    wantedBytes -= frame.body.length;
    if (wantedEvents <= 0 || wantedBytes <= 0) break;
  }
  return commits;
}
