/** Types of a commit: the draft that emission offers, the ledger's answer, and the stored commit. No I/O. */

import type { PartitionId } from '../routing/partition.ts';
import type { RoutingInForce } from '../routing/routing.ts';
import type { Pin, PinChanges, SessionBasis } from '../routing/session-pins.ts';
import type { Micros } from '../time/time.ts';
import type { Anchor, Head } from './head.ts';

/** State of the ledger that a draft is built upon. The ledger compares it inside the transaction. */
export interface Basis extends RoutingInForce {
  /** The head's time: no event of the draft may be earlier. */
  readonly floor: Micros;
  /** Null if the routing is not sticky. */
  readonly sessions: SessionBasis | null;
}

export interface FrameDraft {
  readonly partition: PartitionId;
  readonly count: number;
  readonly firstTime: Micros;
  readonly lastTime: Micros;
  /** Key that the emitter gave for all events of the frame, or null. */
  readonly key: string | null;
  /**
   * See `frame-body.ts`. Sequences in it are relative to the commit's first one, times to `firstTime`. It stays as it is until the draft is
   * answered, but of an offer to a pipeline only where it is in shared memory: otherwise until `offer` returns.
   */
  readonly body: Buffer;
}

/** How far a producer's input is stored. */
export interface ProducerPosition {
  /** Bytes of input since its start, at the end of a line; 0 for a producer that the ledger does not know. */
  readonly position: number;
  /** BLAKE2b-512 over the input up to `position`: detects a different input. */
  readonly digest: Buffer;
}

/** One step through a producer's input; lets a second run continue after the stored part. */
export interface ProducerStep extends ProducerPosition {
  readonly name: string;
  /** The position at which the draft starts; the ledger must hold exactly this one. */
  readonly from: number;
}

/** A unique id, stored at most once. */
export interface UniqueId {
  readonly id: string;
  /** BLAKE3 over the payload: distinguishes a repeat from a conflict. */
  readonly hash: Buffer;
  /** Index of its event in the draft. */
  readonly index: number;
}

export interface CommitDraft {
  readonly epoch: number;
  readonly count: number;
  readonly firstTime: Micros;
  readonly lastTime: Micros;
  /** True if all events share one arrival time: the ledger may then raise it to the head's time without asking. */
  readonly hasArrivalTime: boolean;
  /**
   * Whether the draft must not be committed if any of its events is earlier than the head. Otherwise a ledger may raise the times of
   * such events to the head's; one that does not answers with a conflict.
   */
  readonly isLateRefused: boolean;
  /** In the order of their partitions. */
  readonly frames: readonly FrameDraft[];
  readonly committedAt: Micros;
  /** Commit even if the clock is years after everything in the ledger. */
  readonly isClockTrusted: boolean;
  /** The commit is made only if this is the ledger's head; undefined: at any head. */
  readonly expectedHead?: Anchor | undefined;
  readonly producer: ProducerStep | null;
  /** Empty if the ledger keeps no ids. */
  readonly ids: readonly UniqueId[];
  /** Empty if the routing is not sticky, or was overridden. */
  readonly pins: PinChanges;
  /** Partition that the emitter chose for all events, whatever the routing; null if the routing decided. */
  readonly sentTo: PartitionId | null;
}

/** An id of a draft that the ledger already has. */
export interface KnownId {
  readonly index: number;
  readonly id: string;
  /** The sequence at which it was committed. */
  readonly sequence: number;
  /** Whether the payload is identical, byte for byte. */
  readonly isRepeat: boolean;
}

export interface Committed {
  readonly kind: 'committed';
  readonly firstSequence: number;
  readonly count: number;
  readonly firstTime: Micros;
  readonly lastTime: Micros;
  /** Events of the draft with times of their own, earlier than `firstTime`, which the ledger raised to it. */
  readonly late: number;
  /** First offset of each of the draft's frames, in their order. */
  readonly offsets: readonly number[];
  readonly head: Head;
  /**
   * Load by partition after the commit: its events, or Infinity if it takes no sessions. Null if the routing is not
   * sticky.
   */
  readonly loads: readonly number[] | null;
}

/**
 * The state that the draft was built upon has changed; nothing was written. Rebuild it on `basis` and offer it again.
 */
export interface Conflict {
  readonly kind: 'conflict';
  readonly basis: Basis;
  readonly known: readonly KnownId[];
  /** Pins of the draft's sessions that differ from those it assumed. */
  readonly pins: readonly Pin[];
  /** What the ledger holds for the draft's producer; null if the draft has none. */
  readonly producer: ProducerPosition | null;
}

export type CommitOutcome = Committed | Conflict;

/** The draft was built on one that was not committed; nothing was written. */
export interface Stale {
  readonly kind: 'stale';
}

/**
 * Commits drafts in the order in which they are offered, several in flight at once. After a conflict every later draft
 * is answered `stale` until one of the next generation arrives: no draft may overtake the one it was built upon.
 */
export interface CommitPipeline {
  /** @throws as a commit does; every later offer then rejects too */
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

/** Result of one read: whole frames, grouped by commit, in sequence order. */
export interface StoredCommit {
  readonly firstSequence: number;
  /** In the order of their partitions; only frames of the requested partitions. */
  readonly frames: readonly StoredFrame[];
}
