/** A commit on its way into the ledger and out of it again: what emission offers, what the ledger answers, what it keeps. No I/O. */

import type { PartitionId } from '../routing/partition.ts';
import type { RoutingInForce } from '../routing/routing.ts';
import type { Pin, PinChanges, SessionBasis } from '../routing/session-pins.ts';
import type { Micros } from '../time/time.ts';
import type { Head } from './head.ts';

/** What a draft is built upon. The ledger compares it inside the transaction. */
export interface Basis extends RoutingInForce {
  /** The head's time: no event of the draft may lie before it. */
  readonly floor: Micros;
  /** Null where the routing is not sticky. */
  readonly sessions: SessionBasis | null;
}

export interface FrameDraft {
  readonly partition: PartitionId;
  readonly count: number;
  readonly firstTime: Micros;
  readonly lastTime: Micros;
  /** Given by the emitter for all events of the frame, or null. */
  readonly key: string | null;
  /** See `frame-body.ts`. Sequences in it count from the commit's first one, times from `firstTime`. */
  readonly body: Buffer;
}

/** How far a producer's input is stored. */
export interface ProducerPosition {
  /** Bytes of input since its start, at the end of a line; 0 for a producer the ledger does not know. */
  readonly position: number;
  /** BLAKE2b-512 over the input up to `position`: tells the same input from another one. */
  readonly digest: Buffer;
}

/** One step through a producer's input, so that a second run continues behind what is stored. */
export interface ProducerStep extends ProducerPosition {
  readonly name: string;
  /** The position the draft begins behind; the ledger must hold just this one. */
  readonly from: number;
}

/** An id that is committed once for ever. */
export interface UniqueId {
  readonly id: string;
  /** BLAKE3 over the payload: tells a repeat from a conflict. */
  readonly hash: Buffer;
  /** Index of its event in the draft. */
  readonly index: number;
}

export interface CommitDraft {
  readonly epoch: number;
  readonly count: number;
  readonly firstTime: Micros;
  readonly lastTime: Micros;
  /** True where all events bear one arrival time: the ledger may lift it to its floor without asking. */
  readonly hasArrivalTime: boolean;
  /** In the order of their partitions. */
  readonly frames: readonly FrameDraft[];
  readonly committedAt: Micros;
  /** Commit by a clock that is years after everything in the ledger. */
  readonly isClockTrusted: boolean;
  readonly producer: ProducerStep | null;
  /** Empty where the ledger keeps no ids. */
  readonly ids: readonly UniqueId[];
  /** Empty where the routing is not sticky, or was passed by. */
  readonly pins: PinChanges;
  /** The partition the emitter sent all events to, whatever the routing says; null where the routing decided. */
  readonly sentTo: PartitionId | null;
}

/** An id of a draft that the ledger has already. */
export interface KnownId {
  readonly index: number;
  readonly id: string;
  /** The sequence it was committed at. */
  readonly sequence: number;
  /** Whether the payload is the same to the byte. */
  readonly isRepeat: boolean;
}

export interface Committed {
  readonly kind: 'committed';
  readonly firstSequence: number;
  readonly count: number;
  readonly firstTime: Micros;
  readonly lastTime: Micros;
  /** First offset of each of the draft's frames, in their order. */
  readonly offsets: readonly number[];
  readonly head: Head;
  /** By partition, behind the commit: its events, or Infinity where it takes no sessions. Null where the routing is not sticky. */
  readonly loads: readonly number[] | null;
}

/** The draft was built on something that has changed; nothing was written. Build it again on `basis` and offer it again. */
export interface Conflict {
  readonly kind: 'conflict';
  readonly basis: Basis;
  readonly known: readonly KnownId[];
  /** Pins of the draft's sessions that are not as it took them to be. */
  readonly pins: readonly Pin[];
  /** What the ledger holds for the draft's producer; null where the draft has none. */
  readonly producer: ProducerPosition | null;
}

export type CommitOutcome = Committed | Conflict;

/** The draft was built on one that was not committed; nothing was written. */
export interface Stale {
  readonly kind: 'stale';
}

/**
 * Commits drafts in the order in which they are offered, several on their way at once. After a conflict every draft behind it is answered `stale`
 * until one of the next generation comes: no draft may overtake the one it was built upon.
 */
export interface CommitPipeline {
  /** @throws as a commit does; after that every later offer rejects too. */
  offer(draft: CommitDraft, generation: number): Promise<CommitOutcome | Stale>;
  close(): Promise<void>;
}

export interface StoredFrame {
  readonly partition: PartitionId;
  /** First sequence of the commit it belongs to. */
  readonly sequence: number;
  /** Offset of its first event. */
  readonly offset: number;
  readonly count: number;
  readonly firstTime: Micros;
  readonly lastTime: Micros;
  readonly key: string | null;
  readonly body: Buffer;
}

/** What one read returns: whole frames, grouped by commit, in sequence order. */
export interface StoredCommit {
  readonly firstSequence: number;
  /** In the order of their partitions; only those of the partitions asked for. */
  readonly frames: readonly StoredFrame[];
}
