/** Bounds the frames of one partition that are read for a consumer. Pure. */

import type { StoredCommit, StoredFrame } from '../../model/events/commit.ts';
import type { LaneRequest } from '../../model/events/history.ts';

/** Asked for each frame in order, once it is taken: whether the next one is wanted, too. A frame that begins before the wanted sequence does not count. */
export function laneBound({
  fromSequence,
  events,
  bytes,
}: Pick<LaneRequest, 'fromSequence' | 'events' | 'bytes'>): (
  sequence: number,
  count: number,
  frameBytes: number,
) => boolean {
  let wantedEvents = events;
  let wantedBytes = bytes;
  return (sequence, count, frameBytes) => {
    // It is not known how many events of a frame that begins earlier are wanted.
    if (sequence < fromSequence) return true;
    wantedEvents -= count;
    wantedBytes -= frameBytes;
    return wantedEvents > 0 && wantedBytes > 0;
  };
}

/** Whether the caller has all events of the frame already. */
export function isReadBefore(
  { offset, count }: Pick<StoredFrame, 'offset' | 'count'>,
  { fromOffset = 0 }: Pick<LaneRequest, 'fromOffset'>,
): boolean {
  return offset + count <= fromOffset;
}

/**
 * Whole frames, at least one if any is left, until the wanted events or bytes are reached. `frames`: in order, from the commit on that may hold the first
 * wanted sequence; no more of them are taken than are returned.
 */
export function boundedLane(frames: Iterable<StoredFrame>, request: LaneRequest): StoredCommit[] {
  const commits: StoredCommit[] = [];
  const takesMore = laneBound(request);
  for (const frame of frames) {
    if (isReadBefore(frame, request)) continue;
    commits.push({ firstSequence: frame.sequence, frames: [frame] });
    if (!takesMore(frame.sequence, frame.count, frame.body.length)) break;
  }
  return commits;
}
