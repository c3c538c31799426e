/** Reads partitions as lanes: their ends, the position of a sequence in them, and the next events within bounds. */

import { walkFrameBody } from '../../../frames/frame-body.ts';
import type { StoredCommit, StoredFrame } from '../../../model/events/commit.ts';
import type { LaneRequest } from '../../../model/events/history.ts';
import type { LanePosition } from '../../../model/group.ts';
import type { PartitionId } from '../../../model/routing/partition.ts';
import type { Micros } from '../../../model/time/time.ts';
import { boundedLane } from '../../protocol/lane-bounds.ts';
import { integer, type RawRow } from '../connection/rows.ts';
import { partitionTable } from '../connection/schema.ts';
import { readPartitionEnd } from '../write/partition-end.ts';
import { checkLanes } from './dense-frames.ts';
import { type FrameReader, toFrame, WHOLE_FRAME_COLUMNS } from './read.ts';

/** The offset the next event of the partition gets. */
export function endOf(reader: FrameReader, partition: PartitionId): number {
  return readPartitionEnd(reader.statements, partition).nextOffset;
}

/** First sequence of the commit that holds `sequence`; `sequence` itself if it is not committed yet. @throws LedgerError VERIFICATION_FAILED */
function startOf(reader: FrameReader, sequence: number): number {
  const commit = reader.lastCommitThrough(sequence);
  return sequence === commit.next ? sequence : reader.commitContaining(sequence).first;
}

/** The first event of the partition with this sequence or a later one. */
export function positionAt(reader: FrameReader, partition: PartitionId, sequence: number): LanePosition {
  const frame = reader.frameBefore(partition, sequence);
  if (frame === undefined) return { nextOffset: 0, nextSequence: sequence };
  let before = 0;
  walkFrameBody(frame.body, (sequenceDelta) => {
    if (frame.sequence + sequenceDelta < sequence) before++;
  });
  return { nextOffset: frame.offset + before, nextSequence: sequence };
}

/** Ledger time of the next event; null if there is none yet. A body is read only if the times within its frame differ. */
export function timeOfNext(
  reader: FrameReader,
  partition: PartitionId,
  { nextOffset, nextSequence }: LanePosition,
): Micros | null {
  const table = partitionTable(partition);
  const row = reader.statements
    .get<[number, number], RawRow>(
      `SELECT sequence, offset, first_time, last_time FROM ${table} WHERE sequence >= ? AND offset + count > ? ORDER BY sequence LIMIT 1`,
    )
    .get(startOf(reader, nextSequence), nextOffset);
  if (row === undefined) return null;
  const [offset, firstTime] = [integer(row, 'offset'), integer(row, 'first_time')];
  if (offset >= nextOffset || firstTime === integer(row, 'last_time')) return firstTime;
  const commit = integer(row, 'sequence');
  const [frame] = reader.frames(commit, commit, [partition]);
  if (frame === undefined) return null;
  let found: Micros | null = null;
  let at = offset;
  walkFrameBody(frame.body, (_, timeDelta) => {
    if (at++ === nextOffset) found = firstTime + timeDelta;
  });
  return found;
}

/** Frames from the one that may hold `fromSequence` on. The first one may begin with earlier events. */
export function readLane(reader: FrameReader, request: LaneRequest): StoredCommit[] {
  return boundedLane(laneFrames(reader, request), request);
}

function* laneFrames(reader: FrameReader, { partition, fromSequence }: LaneRequest): Generator<StoredFrame> {
  const rows = reader.statements.get<[number], RawRow>(
    `SELECT ${WHOLE_FRAME_COLUMNS} FROM ${partitionTable(partition)} WHERE sequence >= ? ORDER BY sequence`,
  );
  // The consumer compares the first offset with its cursor.
  let nextOffset: number | null = null;
  for (const row of rows.iterate(startOf(reader, fromSequence))) {
    const frame = toFrame(partition, row);
    checkLanes([frame], () => nextOffset ?? frame.offset);
    nextOffset = frame.offset + frame.count;
    yield frame;
  }
}
