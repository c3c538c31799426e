/** The port for compaction: rewrites how events are stored, without any change of what is stored. */

import type { Compression } from '../model/compression.ts';
import type { Micros } from '../model/time/time.ts';

/** Another form for frames. */
export interface FrameRewrite {
  /** How they are stored afterwards; null: plain. */
  readonly compression: Compression | null;
  /** Only frames whose events are all before this ledger time; null: all up to the head at the start. */
  readonly before: Micros | null;
}

export interface CompactRequest {
  /** Null: frames stay as they are, and only free space is given back. */
  readonly rewrite: FrameRewrite | null;
  readonly onProgress?: ((progress: CompactProgress) => void) | undefined;
  /** Ends it between two transactions: it resolves, with `isComplete` false. */
  readonly signal?: AbortSignal | undefined;
}

export interface CompactProgress {
  /** Frames that were rewritten so far. */
  readonly frames: number;
  /** Their size as it was stored before, and as it is now. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  /** Free bytes inside the file that are still to be given back; null while frames are rewritten. */
  readonly freeBytes: number | null;
}

export interface CompactReport {
  readonly frames: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  /** Size of the storage before and after. */
  readonly storageBytesBefore: number;
  readonly storageBytesAfter: number;
  /** Free bytes that stay inside the storage, for later commits. */
  readonly freeBytes: number;
  /** False: the storage was created so that it can only be made smaller by rewriting all of it. */
  readonly canGiveBack: boolean;
  readonly isComplete: boolean;
}

export interface Compaction {
  /**
   * Rewrites frames and gives free space back, beside emitters and readers. Head, chain and digests stay. It can be ended at any moment, by a kill too, and
   * called again.
   * @throws LedgerError VERIFICATION_FAILED for a frame that is not what was committed: it stays as it is; BUSY, DISK_FULL, CANNOT_LOAD
   */
  compact(request: CompactRequest): Promise<CompactReport>;
}
