/**
 * Lays drafts out as messages: where the bytes of each frame are, as they are stored. Packed, all are in the proposal's own body; framed, each is a message before it.
 * A transaction lays its drafts out one by one, and joins them at its end. Pure.
 */

import { encodeBody } from '../../../frames/frame-codec.ts';
import type { Compression } from '../../../model/compression.ts';
import type { LogLayout } from '../../../model/config.ts';
import type { CommitDraft } from '../../../model/events/commit.ts';
import { hashBody } from '../../protocol/chain.ts';
import { hashDraft } from '../../protocol/commit-link.ts';
import type { LogEntry } from '../ordered-log.ts';
import { encodeMarks } from './marks.ts';
import { frameTopicOf, type ProposedCommit, type ProposedFrame, type Span } from './messages.ts';

const OPEN = Buffer.from('[');
const COMMA = Buffer.from(',');
const CLOSE = Buffer.from(']');
const EMPTY = Buffer.alloc(0);

export interface LaidOutDrafts {
  readonly commits: readonly ProposedCommit[];
  /** Messages that go right before the proposal's own. */
  readonly before: readonly LogEntry[];
  /** Of the proposal's own message: `[` piece `,` piece .. `]`, or nothing. */
  readonly body: Buffer;
  /** What the compressed bodies decompress to. */
  readonly plainBytes: number;
}

/** How a ledger stores bodies. */
export interface BodyStorage {
  readonly layout: LogLayout;
  readonly compression: Compression | null;
}

/** Bodies are copied, into what `take` gives: the draft's memory may be used again. @throws LedgerError CANNOT_LOAD if there is no zstd */
export function layOut(
  draft: CommitDraft,
  { layout, compression }: BodyStorage,
  take: (bytes: number) => Buffer = Buffer.allocUnsafe,
): LaidOutDrafts {
  const pieces: Buffer[] = [];
  let end = 0;
  const place = (bytes: Buffer): Span => {
    pieces.push(end === 0 ? OPEN : COMMA, bytes);
    const at = end + 1;
    end = at + bytes.length;
    return { back: 0, at, bytes: bytes.length };
  };
  const before: LogEntry[] = [];
  const placeFrame = (partition: number, bytes: Buffer): Span => {
    if (layout === 'packed') return place(bytes);
    before.push({ topic: frameTopicOf(partition), header: '', body: bytes });
    return { back: draft.frames.length - before.length + 1, at: 0, bytes: bytes.length };
  };
  const hashed = hashDraft(draft);
  let plain = 0;
  const frames = hashed.frames.map((frame, nth): ProposedFrame => {
    const body = draft.frames[nth]?.body as Buffer;
    const { bytes, plainBytes } = encodeBody(body, compression);
    plain += plainBytes ?? 0;
    // a piece of a packed body is copied with it
    const own = layout === 'framed' && bytes === body ? joined([bytes], take) : bytes;
    return { ...frame, stored: placeFrame(frame.partition, own), plainBytes };
  });
  const marks = encodeMarks(draft);
  const commit = { ...hashed, frames, marks: marks && { ...place(marks), hash: hashBody(marks) } };
  if (layout === 'packed' || end > 0) pieces.push(CLOSE);
  return { commits: [commit], before, body: joined(pieces, take), plainBytes: plain };
}

function joined(pieces: readonly Buffer[], take: (bytes: number) => Buffer): Buffer {
  const whole = take(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) at += piece.copy(whole, at);
  return whole;
}

/** Drafts that were laid out one by one, at least one, as those of one proposal. */
export function joinDrafts(parts: readonly LaidOutDrafts[]): LaidOutDrafts {
  let body = EMPTY;
  let behind = parts.reduce((sum, { before }) => sum + before.length, 0);
  const bodies: Buffer[] = [];
  let end = 0;
  const commits = parts.flatMap((part): ProposedCommit[] => {
    behind -= part.before.length;
    const moved = <Place extends Span>(place: Place): Place =>
      place.back === 0 ? { ...place, at: place.at + end } : { ...place, back: place.back + behind };
    const own = part.commits.map((commit) => ({
      ...commit,
      frames: commit.frames.map((frame) => ({ ...frame, stored: moved(frame.stored) })),
      marks: commit.marks && moved(commit.marks),
    }));
    if (part.body.length > 0) {
      bodies.push(bodies.length === 0 ? OPEN : COMMA, part.body.subarray(1, -1));
      // its brackets become the comma before it
      end += part.body.length - 1;
    }
    return own;
  });
  if (bodies.length > 0) body = Buffer.concat([...bodies, CLOSE]);
  return {
    commits,
    before: parts.flatMap((part) => part.before),
    body,
    plainBytes: parts.reduce((sum, { plainBytes }) => sum + plainBytes, 0),
  };
}

/** A body with one more piece, which begins at `at`. */
export function appendPiece(body: Buffer, piece: Buffer): { readonly body: Buffer; readonly at: number } {
  const start = body.length === 0 ? OPEN : Buffer.concat([body.subarray(0, -1), COMMA]);
  return { body: Buffer.concat([start, piece, CLOSE]), at: start.length };
}

/** The bytes at a place of drafts that were laid out. */
export function bytesIn({ before, body }: Pick<LaidOutDrafts, 'before' | 'body'>, { back, at, bytes }: Span): Buffer {
  const whole = back === 0 ? body : (before.at(-back) as LogEntry).body;
  return whole.subarray(at, at + bytes);
}
