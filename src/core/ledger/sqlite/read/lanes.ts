/** Reads partitions as lanes: their ends, the position of a sequence in them, and the next events within bounds. */

import { walkFrameBody } from '../../../frames/frame-body.ts';
import type { StoredCommit, StoredFrame } from '../../../model/events/commit.ts';
import type { LaneRequest } from '../../../model/events/history.ts';
import type { LanePosition } from '../../../model/group.ts';
import { LedgerError } from '../../../model/ledger-error.ts';
import type { PartitionId } from '../../../model/routing/partition.ts';
import type { Micros } from '../../../model/time/time.ts';
import { boundedLane } from '../../protocol/lane-bounds.ts';
import { partitionEnds } from '../write/partition-end.ts';
import { checkLanes } from './dense-frames.ts';
import type { LedgerHistory } from './ledger-history.ts';
import type { FrameReader } from './read.ts';

/** The offset that the next event of a partition gets, for many partitions within one transaction. */
export function laneEnds({ statements }: FrameReader): (partition: PartitionId) => number {
  const endOf = partitionEnds(statements);
  return (partition) => endOf(partition).nextOffset;
}

/** The first event of the partition with this sequence or a later one that was not dropped. */
export function positionAt(history: LedgerHistory, partition: PartitionId, sequence: number): LanePosition {
  const floor = history.floor();
  if (sequence <= floor.sequence)
    return { nextOffset: floor.endOf(partition).nextOffset, nextSequence: floor.sequence };
  const frame = history.frameOrOffsetBefore(partition, sequence);
  if (typeof frame === 'number') return { nextOffset: frame, nextSequence: sequence };
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

/** Frames from the one that may hold `fromSequence` on. The first one may begin with earlier events. */
export function readLane(history: LedgerHistory, request: LaneRequest): StoredCommit[] {
  const fromSequence = Math.max(request.fromSequence, history.floor().sequence);
  const past = history.pastArchive({ ...request, fromSequence });
  return boundedLane(laneFrames(history, past), past);
}

function* laneFrames(history: LedgerHistory, { partition, fromSequence }: LaneRequest): Generator<StoredFrame> {
  // The consumer compares the first offset with its cursor.
  let nextOffset: number | null = null;
  for (const frame of history.framesFrom(partition, history.commitHolding(fromSequence).first)) {
    checkLanes([frame], () => nextOffset ?? frame.offset);
    nextOffset = frame.offset + frame.count;
    yield frame;
  }
}
