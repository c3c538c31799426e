/** Messages between a ledger and its reading thread: permission to read ahead one way, pages the other. */

import type { StoredCommit, StoredFrame } from '../../../model/events/commit.ts';
import type { Page, ReadRequest } from '../../../model/events/history.ts';
import { PackedBodies, packBodies } from './packed-bodies.ts';
import type { ThreadFailure } from './thread-failure.ts';

export type ReaderMessage =
  /** The pages to read. */
  | { readonly kind: 'begin'; readonly request: ReadRequest }
  /** One more page may be read ahead; the memory of a delivered page is returned with it. */
  | { readonly kind: 'turn'; readonly memory: ArrayBuffer | null };

export type ReaderAnswer =
  | { readonly kind: 'page'; readonly page: PackedPage }
  | { readonly kind: 'failed'; readonly failure: ThreadFailure };

type PackedFrame = Omit<StoredFrame, 'body'> & { readonly bytes: number };

export interface PackedPage {
  readonly commits: readonly { readonly firstSequence: number; readonly frames: readonly PackedFrame[] }[];
  readonly next: number | null;
  /** The bodies, one after another: transferring each by itself was slower, and left its memory to the garbage collector. */
  readonly memory: ArrayBuffer;
}

export function packPage({ commits, next }: Page, memory: ArrayBuffer | undefined): PackedPage {
  const bodies = commits.flatMap(({ frames }) => frames.map(({ body }) => body));
  return {
    commits: commits.map(({ firstSequence, frames }) => ({ firstSequence, frames: frames.map(packFrame) })),
    next,
    memory: packBodies(bodies, memory),
  };
}

/** Only the fields that a stream needs: hashes were compared already. */
function packFrame({ partition, sequence, offset, count, firstTime, lastTime, key, body }: StoredFrame): PackedFrame {
  return { partition, sequence, offset, count, firstTime, lastTime, key, bytes: body.length };
}

/** Restores the page, its bodies as views of the memory. */
export function unpackPage({ commits, next, memory }: PackedPage): Page {
  const bodies = new PackedBodies(memory);
  const unpackFrame = ({ bytes, ...frame }: PackedFrame): StoredFrame => ({ ...frame, body: bodies.next(bytes) });
  return {
    commits: commits.map(
      ({ firstSequence, frames }): StoredCommit => ({ firstSequence, frames: frames.map(unpackFrame) }),
    ),
    next,
  };
}
