/** Messages between a ledger and its reading thread: permission to read ahead one way, pages the other. */

import type { StoredCommit, StoredFrame } from '../../../model/events/commit.ts';
import type { Page, ReadRequest } from '../../../model/events/history.ts';
import { hashBody } from '../../protocol/chain.ts';
import type { Stretch, VerifiedStretch } from '../read/verify-stretches.ts';
import type { FilledMemory, PageMemory } from './page-memory.ts';
import type { ThreadFailure } from './thread-failure.ts';

export type ReaderMessage =
  /** The pages to read. */
  | { readonly kind: 'begin'; readonly request: ReadRequest }
  /** One more page may be read ahead; the memory of a delivered page is returned with it. */
  | {
      readonly kind: 'turn';
      readonly memory: ArrayBuffer | null;
      /** The hashes of decompressed bodies are left to the receiver. */
      readonly leavesHashes: boolean;
    }
  /** To be verified. */
  | { readonly kind: 'stretch'; readonly stretch: Stretch }
  /** The structure of the file is to be checked. */
  | { readonly kind: 'structure' };

export type ReaderAnswer =
  | { readonly kind: 'page'; readonly page: PackedPage }
  | { readonly kind: 'stretch'; readonly verified: VerifiedStretch }
  | { readonly kind: 'structure' }
  | { readonly kind: 'failed'; readonly failure: ThreadFailure };

/** A frame whose body is in the memory of its page, or in its own. */
type PackedFrame = Omit<StoredFrame, 'body'> & {
  readonly own: ArrayBuffer | null;
  readonly start: number;
  readonly bytes: number;
  /** What the body must hash to; null if that was verified. */
  readonly hash: Uint8Array | null;
};

export interface PackedPage {
  readonly commits: readonly { readonly firstSequence: number; readonly frames: readonly PackedFrame[] }[];
  readonly next: number | null;
  /** The bodies but for those with memory of their own: to transfer small ones one by one is slow. */
  readonly memory: ArrayBuffer;
  readonly own: readonly ArrayBuffer[];
}

type Place = FilledMemory['places'][number];

/** Puts the small bodies that are not there yet into the memory. */
export function packPage({ commits, next }: Page, pageMemory: PageMemory): PackedPage {
  const { memory, places } = pageMemory.fill(commits.flatMap(({ frames }) => frames.map(({ body }) => body)));
  let nth = 0;
  const pack = (frame: StoredFrame): PackedFrame =>
    packFrame(frame, places[nth++] as Place, pageMemory.hashOf(frame.body));
  return {
    commits: commits.map(({ firstSequence, frames }) => ({ firstSequence, frames: frames.map(pack) })),
    next,
    memory,
    own: places.flatMap(({ own }) => (own === null ? [] : [own])),
  };
}

/** Only the fields that a stream needs. */
function packFrame(frame: StoredFrame, { own, start }: Place, hash: Buffer | null): PackedFrame {
  const { partition, sequence, offset, count, firstTime, lastTime, key, body } = frame;
  return { partition, sequence, offset, count, firstTime, lastTime, key, own, start, bytes: body.length, hash };
}

/** Restores the page, its bodies as views of the memory. Null if a body does not have the hash that was left to be compared. */
export function unpackPage({ commits, next, memory }: PackedPage): Page | null {
  let isSound = true;
  const unpackFrame = ({ own, start, bytes, hash, ...frame }: PackedFrame): StoredFrame => {
    const body = Buffer.from(own ?? memory, start, bytes);
    if (hash !== null) isSound &&= hashBody(body).equals(hash);
    return { ...frame, body };
  };
  const page = {
    commits: commits.map(
      ({ firstSequence, frames }): StoredCommit => ({ firstSequence, frames: frames.map(unpackFrame) }),
    ),
    next,
  };
  return isSound ? page : null;
}
