/** Frames as readers want them: their bodies plain; a frame with times before the floor of its commit gets a body in which they are raised. Pure. */

import { brokenFrame } from '../../../frames/event-columns.ts';
import { FrameBodyWriter, walkFrameBody } from '../../../frames/frame-body.ts';
import type { StoredFrame } from '../../../model/events/commit.ts';
import { LedgerError } from '../../../model/ledger-error.ts';
import type { Micros } from '../../../model/time/time.ts';
import { brokenCommit } from '../../protocol/broken-commit.ts';
import { hashBody } from '../../protocol/chain.ts';
import type { FoldedCommit } from '../fold/accept.ts';
import type { ProposedFrame } from '../format/messages.ts';
import { plainBodyOf } from '../format/plain-body.ts';
import type { BytesAt } from './bodies.ts';

/**
 * The frames of a commit in these partitions; bodies that are stored plain share the memory of messages. `verify`: compare each with its hash.
 * @throws LedgerError VERIFICATION_FAILED, CANNOT_LOAD
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
    const bytes = plainBody(frame, span, bytesAt, verify);
    if (verify && !hashBody(bytes).equals(frame.hash))
      throw brokenCommit(link.firstSequence, `checksum mismatch in partition ${frame.partition}`);
    const { partition, sequence, offset, count, firstTime, lastTime, key } = frame;
    const isRaised = span.firstTime < floor && span.lastTime > span.firstTime;
    const raised = isRaised ? raisedBody(bytes, span.firstTime, floor, link.firstSequence) : bytes;
    stored.push({ partition, sequence, offset, count, firstTime, lastTime, key, body: raised });
  }
  return stored;
}

/** `isHashed`: it is compared with its hash afterwards. */
function plainBody(
  frame: Pick<StoredFrame, 'partition' | 'sequence'>,
  span: ProposedFrame,
  bytesAt: BytesAt,
  isHashed: boolean,
): Buffer {
  try {
    return plainBodyOf(bytesAt(span.stored), span, isHashed);
  } catch (error) {
    if (error instanceof LedgerError) throw error;
    throw brokenFrame(frame, (error as Error).message);
  }
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
