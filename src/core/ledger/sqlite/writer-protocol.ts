/** What goes between a ledger and its writing thread: drafts one way, answers the other, bodies as one buffer that changes hands. */

import type { CommitDraft, CommitOutcome, FrameDraft, ProducerMark, Stale } from '../../model/commit.ts';
import { PackedBodies, packBodies } from './packed-bodies.ts';
import type { ThreadFailure } from './thread-failure.ts';

/** A draft whose bodies stand one behind the other in `memory`. */
export interface WriterOffer {
  readonly id: number;
  /** Counts up with every conflict: what was built before it is stale. */
  readonly generation: number;
  readonly draft: Omit<CommitDraft, 'frames'> & { readonly frames: readonly (Omit<FrameDraft, 'body'> & { readonly bytes: number })[] };
  readonly memory: ArrayBuffer;
}

export interface WriterAnswer {
  readonly id: number;
  readonly outcome: CommitOutcome | Stale | { readonly kind: 'failed'; readonly failure: ThreadFailure };
  /** Handed back to be filled again. */
  readonly memory: ArrayBuffer;
}

/** Moves the bodies of a draft into `memory`, or into a larger one where they do not fit. */
export function packDraft(id: number, generation: number, draft: CommitDraft, memory: ArrayBuffer | undefined): WriterOffer {
  const packed = packBodies(
    draft.frames.map(({ body }) => body),
    memory,
  );
  const frames = draft.frames.map(({ body, ...frame }) => ({ ...frame, bytes: body.length }));
  return { id, generation, draft: { ...draft, frames }, memory: packed };
}

/** The draft again, its bodies over the memory. */
export function unpackDraft({ draft, memory }: WriterOffer): CommitDraft {
  const bodies = new PackedBodies(memory);
  const frames = draft.frames.map(({ bytes, ...frame }) => ({ ...frame, body: bodies.next(bytes) }));
  const ids = draft.ids.map((id) => ({ ...id, hash: Buffer.from(id.hash) }));
  return { ...draft, frames, producer: reviveDigest(draft.producer), ids };
}

/** Buffers cross threads as plain Uint8Arrays. */
export function reviveDigest<Mark extends ProducerMark>(mark: Mark | null): Mark | null {
  return mark === null ? null : { ...mark, digest: Buffer.from(mark.digest) };
}
