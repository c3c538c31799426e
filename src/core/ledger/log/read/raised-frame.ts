/** Frames as readers want them: a frame with times before the floor of its commit gets a body in which they are raised. Pure. */

import { FrameBodyWriter, walkFrameBody } from '../../../frames/frame-body.ts';
import type { StoredFrame } from '../../../model/events/commit.ts';
import type { Micros } from '../../../model/time/time.ts';
import { brokenCommit } from '../../protocol/broken-commit.ts';
import { hashBody } from '../../protocol/chain.ts';
import type { FoldedCommit } from '../fold/accept.ts';
import type { BytesAt } from './bodies.ts';

/**
 * The frames of a commit in these partitions; their bodies share the memory of messages. `verify`: compare each with its hash.
 * @throws LedgerError VERIFICATION_FAILED
 */
export function framesIn(
  { link, frames, floor }: FoldedCommit,
  bytesAt: BytesAt,
  partitions: readonly number[] | null,
  verify: boolean,
): StoredFrame[] {
  const stored: StoredFrame[] = [];
  for (const [nth, frame] of link.frames.entries()) {
    const span = frames[nth];
    if (span === undefined || (partitions !== null && !partitions.includes(frame.partition))) continue;
    const bytes = bytesAt(span);
    if (bytes.length !== span.bytes) throw brokenCommit(link.firstSequence, 'the body of its message is cut off');
    if (verify && !hashBody(bytes).equals(frame.hash))
      throw brokenCommit(link.firstSequence, `checksum mismatch in partition ${frame.partition}`);
    const { partition, sequence, offset, count, firstTime, lastTime, key } = frame;
    const isRaised = span.firstTime < floor && span.lastTime > span.firstTime;
    const raised = isRaised ? raisedBody(bytes, span.firstTime, floor, link.firstSequence) : bytes;
    stored.push({ partition, sequence, offset, count, firstTime, lastTime, key, body: raised });
  }
  return stored;
}

/** The body with every time at the floor or later, and relative to the first of them. */
function raisedBody(body: Buffer, firstTime: Micros, floor: Micros, sequence: number): Buffer {
  const writer = new FrameBodyWriter();
  const first = Math.max(firstTime, floor);
  const fault = walkFrameBody(body, (sequenceDelta, timeDelta, start, end) =>
    writer.append(sequenceDelta, Math.max(firstTime + timeDelta, floor) - first, body, start, end),
  );
  if (fault !== null) throw brokenCommit(sequence, fault);
  return writer.take();
}

/** How many events of a body are earlier than the floor. */
export function countRaised(body: Buffer, firstTime: Micros, floor: Micros): number {
  let count = 0;
  walkFrameBody(body, (_, timeDelta) => {
    if (firstTime + timeDelta < floor) count++;
  });
  return count;
}
