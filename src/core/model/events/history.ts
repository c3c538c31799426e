/** Read access to history: pages of whole commits, and positions in it. No I/O here; a ledger implements it. */

import { invariant } from '../ledger-error.ts';
import type { PartitionId } from '../routing/partition.ts';
import type { Micros } from '../time/time.ts';
import type { StoredCommit, StoredFrame } from './commit.ts';
import type { Head } from './head.ts';
import type { SequenceRange } from './range.ts';

export interface ReadRequest {
  readonly range: SequenceRange;
  /** Null: all of them. */
  readonly partitions: readonly PartitionId[] | null;
  /** Verify the chain and the frames while reading; a corrupt commit is not returned. */
  readonly verify: boolean;
  /**
   * The range continues after a page: it must start at a commit boundary, or events of that page would be returned
   * again.
   */
  readonly continues?: boolean | undefined;
}

/** Events of one partition from a sequence on, within bounds: whole frames, at least one if any is left. */
export interface LaneRequest {
  readonly partition: PartitionId;
  readonly fromSequence: number;
  /**
   * Offset behind the events that the caller has read, if it has: a frame without others is left out. Where it ends is in no commit, only in its body, and
   * its commit may end later than `fromSequence`.
   */
  readonly fromOffset?: number | undefined;
  readonly events: number;
  readonly bytes: number;
}

export interface Page {
  /** In sequence order. A commit at an end of the range may hold events outside of it. */
  readonly commits: readonly StoredCommit[];
  /** Sequence of the next page; null at the end of the range. */
  readonly next: number | null;
}

/**
 * Rest of a request after one of its pages; null if nothing is left. Every page of a ledger ends after the sequence it
 * was requested from.
 */
export function restOf(request: ReadRequest, { next }: Page): ReadRequest | null {
  if (next === null) return null;
  invariant(next > request.range.from, `a page from sequence ${request.range.from} leads to sequence ${next}`);
  return { ...request, range: { ...request.range, from: next }, continues: true };
}

export function bodyBytes(frames: readonly StoredFrame[]): number {
  return frames.reduce((sum, { body }) => sum + body.length, 0);
}

/** Bytes of the bodies in a page. */
export function pageBytes({ commits }: Page): number {
  return commits.reduce((sum, { frames }) => sum + bodyBytes(frames), 0);
}

export interface History {
  head(): Promise<Head>;
  /** Where a reader begins that names no start: 1, or the beginning of what is a part of a ledger. */
  firstSequence(): Promise<number>;
  /** One page from the start of the range, bounded in bytes. @throws LedgerError VERIFICATION_FAILED */
  read(request: ReadRequest): Promise<Page>;
  /**
   * All pages of the range, prefetched if it is long. A page's memory is reused when the next one is requested.
   * @throws as {@link read}
   */
  pages(request: ReadRequest): AsyncGenerator<Page, void, undefined>;
  /** The first sequence whose time is `time` or later; head + 1 if there is none. */
  sequenceAtTime(time: Micros): Promise<number>;
  /**
   * The sequence of the nth last event of these partitions, up to the sequence `through` (default: the head); 1 if
   * there are fewer.
   */
  sequenceOfLast(count: number, partitions: readonly PartitionId[] | null, through?: number): Promise<number>;
  /**
   * Partitions that emitters chose for events of the range, whatever the routing. Reads every commit of the range, five
   * million in 0.2 s.
   */
  partitionsSentTo(range: SequenceRange): Promise<readonly PartitionId[]>;
}
