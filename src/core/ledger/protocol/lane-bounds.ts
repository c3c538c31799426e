/** Bounds the frames of one partition that are read for a consumer. Pure. */

import type { StoredCommit, StoredFrame } from '../../model/events/commit.ts';
import type { LaneRequest } from '../../model/events/history.ts';

/**
 * Whole frames, at least one if any is left, until the wanted events or bytes are reached. `frames`: in order, from the commit on that may hold the first
 * wanted sequence; no more of them are taken than are returned.
 */
export function boundedLane(
  frames: Iterable<StoredFrame>,
  { fromSequence, events, bytes }: LaneRequest,
): StoredCommit[] {
  const commits: StoredCommit[] = [];
  let wantedEvents = events;
  let wantedBytes = bytes;
  for (const frame of frames) {
    commits.push({ firstSequence: frame.sequence, frames: [frame] });
    // It is not known how many events of a frame that begins earlier are wanted.
    if (frame.sequence < fromSequence) continue;
    wantedEvents -= frame.count;
    wantedBytes -= frame.body.length;
    if (wantedEvents <= 0 || wantedBytes <= 0) break;
  }
  return commits;
}
