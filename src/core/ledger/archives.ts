/** The port for archives: the old end of a ledger moves into a segment or is dropped, and the chain goes on from its record. */

import type { SequenceRange } from '../model/events/range.ts';
import type { PartitionId } from '../model/routing/partition.ts';
import type { Micros } from '../model/time/time.ts';

export interface ArchiveRequest {
  /** Last microsecond and last sequence to archive; null: not bounded by it. The last commit of a ledger always stays. */
  readonly end: { readonly time: Micros | null; readonly sequence: number | null };
  /** Most events; null: no limit. */
  readonly limit: number | null;
  /** Delete without a segment. */
  readonly drop: boolean;
  /** Directory of the segment; null: that of the ledger's archive, which is made if it is missing. */
  readonly directory: string | null;
  /** Move the cursors of groups that have not read all of it. */
  readonly force: boolean;
}

/** A group that has not read all that would be archived. */
export interface GroupBehind {
  readonly group: string;
  readonly partitions: readonly PartitionId[];
  /** Events that it has not acknowledged, and parked ones that would be dropped. */
  readonly events: number;
}

export interface ArchivePlan {
  /** Sequences to archive, both ends inclusive: whole commits. Null: nothing. */
  readonly range: SequenceRange | null;
  readonly events: number;
  readonly commits: number;
  /** Of the plain frames. */
  readonly bytes: number;
  readonly firstTime: Micros | null;
  readonly lastTime: Micros | null;
  /** The sequence at which the request would cut, if a commit holds it together with earlier ones: then that commit stays. */
  readonly movedFrom: number | null;
  /** Last sequence of that commit, with which as the end it would go, too; null if it is the last commit, or none is cut. */
  readonly wholeThrough: number | null;
  /** Whether the last commit stays although it is earlier. */
  readonly keepsLast: boolean;
  readonly groupsBehind: readonly GroupBehind[];
  /** Path of the segment; null if nothing is archived, or if it is dropped. */
  readonly segment: string | null;
  /** Archived commits that an interrupted run has left to be deleted. */
  readonly leftover: number;
}

export type ArchivePhase = 'writing' | 'verifying' | 'deleting' | 'shrinking';

export interface ArchiveHooks {
  readonly now: Micros;
  readonly signal?: AbortSignal | undefined;
  /** `done` of `total` sequences, commits or bytes, by phase. */
  readonly onProgress?: ((progress: { phase: ArchivePhase; done: number; total: number }) => void) | undefined;
}

export interface ArchiveReport extends ArchivePlan {
  /** Groups whose cursors were moved. */
  readonly moved: readonly string[];
  /** Bytes of the segment; 0 without one. */
  readonly segmentBytes: number;
  /** Bytes that the ledger's storage shrank by. */
  readonly freedBytes: number;
}

/** A run that was archived. */
export interface ArchivedRun {
  readonly range: SequenceRange;
  readonly archivedAt: Micros;
  /** Name of the segment; null if the run was dropped. */
  readonly file: string | null;
  readonly bytes: number;
  /** Whether the segment is in the ledger's archive, with all its bytes. */
  readonly isAtHand: boolean;
  /** Size of what has its name there; null if there is nothing. */
  readonly foundBytes: number | null;
}

export interface Archives {
  plan(request: ArchiveRequest): Promise<ArchivePlan>;
  /**
   * Carries the plan out. Emitters, readers and members go on. Ended at any moment, it can be run again.
   * @throws LedgerError GROUP_BEHIND, ARCHIVE_MISSING, CANNOT_CREATE, DISK_FULL, BUSY, VERIFICATION_FAILED; ABORTED by the signal
   */
  run(request: ArchiveRequest, hooks: ArchiveHooks): Promise<ArchiveReport>;
  /** In order. */
  runs(): Promise<readonly ArchivedRun[]>;
}
