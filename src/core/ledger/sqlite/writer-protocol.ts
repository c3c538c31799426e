/** What goes between a ledger and its writing thread: drafts one way, answers the other, bodies as one buffer that changes hands. */

import type { CommitDraft, CommitOutcome, FrameDraft, ProducerMark, Stale } from '../../model/commit.ts';
import { LedgerError, type LedgerErrorCode } from '../../model/ledger-error.ts';

/** What the thread is started with. */
export interface WriterStart {
  readonly path: string;
  readonly busyTimeoutMs: number;
}

/** A draft whose bodies stand one behind the other in `memory`. */
export interface WriterOffer {
  readonly id: number;
  /** Counts up with every conflict: what was built before it is stale. */
  readonly generation: number;
  readonly draft: Omit<CommitDraft, 'frames'> & { readonly frames: readonly (Omit<FrameDraft, 'body'> & { readonly bytes: number })[] };
  readonly memory: ArrayBuffer;
}

export interface WriterFailure {
  readonly code: LedgerErrorCode;
  readonly message: string;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface WriterAnswer {
  readonly id: number;
  readonly outcome: CommitOutcome | Stale | { readonly kind: 'failed'; readonly failure: WriterFailure };
  /** Handed back to be filled again. */
  readonly memory: ArrayBuffer;
}

export function toFailure(error: unknown): WriterFailure {
  if (error instanceof LedgerError) return { code: error.code, message: error.message, hint: error.hint, details: error.details };
  return { code: 'INTERNAL', message: `the writing thread failed: ${(error as Error).stack ?? String(error)}`, hint: 'please report this', details: {} };
}

export function fromFailure({ code, ...options }: WriterFailure): LedgerError {
  return new LedgerError(code, options);
}

/** Moves the bodies of a draft into `memory`, or into a larger one where they do not fit. */
export function packDraft(id: number, generation: number, draft: CommitDraft, memory: ArrayBuffer | undefined): WriterOffer {
  const bytes = draft.frames.reduce((sum, { body }) => sum + body.length, 0);
  const target = memory !== undefined && memory.byteLength >= bytes ? memory : new ArrayBuffer(Math.ceil(bytes * 1.25));
  const into = Buffer.from(target);
  let at = 0;
  const frames = draft.frames.map(({ body, ...frame }) => {
    at += body.copy(into, at);
    return { ...frame, bytes: body.length };
  });
  return { id, generation, draft: { ...draft, frames }, memory: target };
}

/** The draft again, its bodies over the memory. */
export function unpackDraft({ draft, memory }: WriterOffer): CommitDraft {
  let at = 0;
  const frames = draft.frames.map(({ bytes, ...frame }) => {
    const body = Buffer.from(memory, at, bytes);
    at += bytes;
    return { ...frame, body };
  });
  const ids = draft.ids.map((id) => ({ ...id, hash: Buffer.from(id.hash) }));
  return { ...draft, frames, producer: reviveDigest(draft.producer), ids };
}

/** Buffers cross threads as plain Uint8Arrays. */
export function reviveDigest<Mark extends ProducerMark>(mark: Mark | null): Mark | null {
  return mark === null ? null : { ...mark, digest: Buffer.from(mark.digest) };
}
