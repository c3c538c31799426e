/**
 * Messages between a ledger and its writing thread: drafts one way, answers the other. Bodies in shared memory stay there; others are packed into one buffer
 * that is transferred.
 */

import type { CommitDraft, CommitOutcome, FrameDraft, ProducerPosition, Stale } from '../../../model/events/commit.ts';
import type { PinChanges } from '../../../model/routing/session-pins.ts';
import { asBuffer } from '../../../model/text/bytes.ts';
import { PackedBodies, packBodies } from './packed-bodies.ts';
import { pinColumns, pinsOver } from './packed-pins.ts';
import type { ThreadFailure } from './thread-failure.ts';

/** A body: where it is shared, or its length in the packed memory. */
type SentBody = Uint8Array | number;

/** A draft whose pins, followed by those of its bodies that are not shared, are packed in `memory`. */
export interface WriterOffer {
  readonly id: number;
  /** Incremented by every conflict: drafts of earlier generations are stale. */
  readonly generation: number;
  readonly draft: Omit<CommitDraft, 'frames' | 'pins'> & {
    readonly frames: readonly (Omit<FrameDraft, 'body'> & { readonly body: SentBody })[];
    readonly pins: Omit<PinChanges, 'pins'> & { readonly count: number; readonly keyBytes: number };
  };
  readonly memory: ArrayBuffer;
}

export interface WriterAnswer {
  readonly id: number;
  readonly outcome: CommitOutcome | Stale | { readonly kind: 'failed'; readonly failure: ThreadFailure };
  /** Returned for reuse. */
  readonly memory: ArrayBuffer;
}

/** Moves the pins and bodies of a draft into `memory`, or into a larger one if they do not fit. */
export function packDraft(
  id: number,
  generation: number,
  draft: CommitDraft,
  memory: ArrayBuffer | undefined,
): WriterOffer {
  const { pins, ...limits } = draft.pins;
  const bodies = draft.frames.map(({ body }) => body);
  const packed = packBodies([...pinColumns(pins), ...bodies.filter((body) => !isShared(body))], memory);
  const frames = draft.frames.map((frame) => ({
    ...frame,
    body: isShared(frame.body) ? frame.body : frame.body.length,
  }));
  return {
    id,
    generation,
    draft: { ...draft, frames, pins: { count: pins.count, keyBytes: pins.keys.length, ...limits } },
    memory: packed,
  };
}

/** Restores the draft, its pins and bodies as views of the memory. */
export function unpackDraft({ draft, memory }: WriterOffer): CommitDraft {
  const { count, keyBytes, ...limits } = draft.pins;
  const pins = pinsOver(memory, { count, keyBytes });
  const bodies = new PackedBodies(memory, pins.keys.byteOffset + pins.keys.length);
  const frames = draft.frames.map((frame) => ({
    ...frame,
    body: typeof frame.body === 'number' ? bodies.next(frame.body) : asBuffer(frame.body),
  }));
  const ids = draft.ids.map((id) => ({ ...id, hash: Buffer.from(id.hash) }));
  return {
    ...draft,
    frames,
    pins: { pins, ...limits },
    producer: reviveDigest(draft.producer),
    ids,
  };
}

function isShared({ buffer }: Uint8Array): boolean {
  return buffer instanceof SharedArrayBuffer;
}

/** Buffers cross threads as plain Uint8Arrays. */
export function reviveDigest<Position extends ProducerPosition>(position: Position | null): Position | null {
  return position === null ? null : { ...position, digest: Buffer.from(position.digest) };
}
