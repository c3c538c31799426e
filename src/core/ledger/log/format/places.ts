/** Where the bytes of a proposal are, by its layout: in its own body, or in messages before it. Checked as they are read, because anyone may have written them. Pure. */

import type { LogLayout } from '../../../model/config.ts';
import { Field, malformed } from './fields.ts';
import { type ProposedCommit, type ProposedFrame, partitionOfFrame, type Span } from './messages.ts';
import { PROPOSAL_PLAIN_BYTES_MAX } from './plain-body.ts';

/** Most messages of one framed proposal, its link included: what servers append together. */
export const MESSAGES_MAX = 1000;

/** The frames that are messages before the proposal's own, in their order. */
export function framesBefore(commits: readonly Pick<ProposedCommit, 'frames'>[]): ProposedFrame[] {
  return commits.flatMap(({ frames }) => frames.filter(({ stored }) => stored.back > 0));
}

/** The frame of a framed proposal that has one, and no marks: it is the body of the link then. Null for any other. */
export function onlyFrameOf(commits: readonly Pick<ProposedCommit, 'frames' | 'marks'>[]): ProposedFrame | null {
  const [frame, ...others] = commits.flatMap(({ frames }) => frames);
  return others.length > 0 || commits.some(({ marks }) => marks !== null) ? null : (frame ?? null);
}

/** The list of commits in the body of a long link. */
export function commitsIn(body: Buffer, place: Field): Field {
  const { at, len } = place.fields('at', 'len');
  return Field.parse(body.toString('utf8', at.whole(), at.whole() + len.whole()), 'the list of commits');
}

/** Checks that everything is where its layout has it, in a message on this topic. */
export class Places {
  readonly #layout: LogLayout;
  /** Whether the proposal's own body is a frame, and nothing else. */
  readonly #isFrame: boolean;
  /** In the proposal's own body. */
  #end = 0;
  /** Frames so far that are messages of their own. */
  frames = 0;
  /** What the compressed frames so far decompress to. */
  #plainBytes = 0;

  constructor(layout: LogLayout, topic: string) {
    this.#layout = layout;
    this.#isFrame = layout === 'framed' && partitionOfFrame(topic) !== null;
  }

  /** Of the proposal's own message. */
  get bodyBytes(): number {
    if (this.#isFrame) return this.#end;
    return this.#layout === 'packed' || this.#end > 0 ? this.#end + 1 : 0;
  }

  inBody(at: Field, bytes: Field): Span {
    const span = { back: 0, at: at.whole(), bytes: bytes.whole() };
    if (span.at !== this.#end + 1) throw malformed('a frame is not where the one before it ends');
    this.#end = span.at + span.bytes;
    return span;
  }

  /** The commits themselves are the last in a body. */
  ofCommits(place: Field): void {
    const { at, len } = place.fields('at', 'len');
    this.inBody(at, len);
  }

  /** What a compressed frame decompresses to. */
  ofPlain(bytes: Field): number {
    const plainBytes = bytes.whole(PROPOSAL_PLAIN_BYTES_MAX);
    this.#plainBytes += plainBytes;
    if (this.#plainBytes > PROPOSAL_PLAIN_BYTES_MAX) throw malformed('its bodies are too long when they are plain');
    return plainBytes;
  }

  /** Which message it is depends on how many come behind it. */
  ofFrame(at: Field, bytes: Field): Span {
    if (this.#layout === 'packed') return this.inBody(at, bytes);
    if (this.#isFrame) return this.#ofOnlyFrame(at, bytes);
    if (++this.frames >= MESSAGES_MAX) throw malformed('it has too many frames');
    return { back: 0, at: at.whole(0), bytes: bytes.whole() };
  }

  #ofOnlyFrame(at: Field, bytes: Field): Span {
    if (this.#end > 0) throw malformed('it has a second frame');
    const span = { back: 0, at: at.whole(0), bytes: bytes.whole() };
    this.#end = span.bytes;
    return span;
  }
}

/** The frames are the last messages before it, in their order. 0: the only one is its own body. */
export function withFramesBefore(commits: readonly ProposedCommit[], count: number): readonly ProposedCommit[] {
  if (count === 0) return commits;
  let back = count;
  return commits.map((commit) => ({
    ...commit,
    frames: commit.frames.map((frame) => ({ ...frame, stored: { ...frame.stored, back: back-- } })),
  }));
}
