/** Problems of a ledger or its surroundings that do not stop it from working. Pure. */

import type { Head } from './events/head.ts';
import type { SequenceRange } from './events/range.ts';
import { formatTime, type Micros } from './time/time.ts';

export interface LedgerWarning {
  /**
   * HEAD_AHEAD: the ledger's time is ahead of the clock, so events are recorded at the head's time until then.
   * WAL_GROWING: commits are not written back from the -wal into the file.
   * INDEX_IN_MEMORY: the index of unique ids and sessions is not kept, so that each process reads the whole log.
   * WORLD_READABLE: users other than the owner can read or write the file.
   * SEGMENT_MISSING: archived history is not in the archive, or not whole.
   * LEFTOVER_FILES: killed runs have left files beside the ledger that are no part of it.
   * KEY_READABLE: users other than the owner can read a private key.
   * CHECKPOINT_TORN: a crash has left a part of the last checkpoint in a file, which was cut off.
   * ARRAY_EVENT: the first line of an input is an array of objects, whose elements may be meant as the events.
   * FOREIGN_INPUT: the first line of an input, which was rejected, shows that it is in another format.
   */
  readonly code:
    | 'HEAD_AHEAD'
    | 'WAL_GROWING'
    | 'INDEX_IN_MEMORY'
    | 'WORLD_READABLE'
    | 'SEGMENT_MISSING'
    | 'LEFTOVER_FILES'
    | 'KEY_READABLE'
    | 'CHECKPOINT_TORN'
    | 'ARRAY_EVENT'
    | 'FOREIGN_INPUT';
  /** The fact, with its values, on one line. */
  readonly message: string;
  /** One thing to do. */
  readonly hint: string;
}

const MINUTE: Micros = 60e6;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * `hasOwnTimes`: events carry their own time, and may be as far ahead of the clock as emission allows. Null if nothing
 * is wrong.
 */
export function headAheadWarning(head: Head, now: Micros, hasOwnTimes: boolean): LedgerWarning | null {
  const ahead = head.time - now;
  // clocks of different machines differ by seconds, which is not worth a warning
  if (head.sequence === 0 || ahead <= (hasOwnTimes ? DAY : MINUTE)) return null;
  return {
    code: 'HEAD_AHEAD',
    message: `the ledger's time is ${roughly(ahead)} ahead of the clock of this machine: until then events are recorded at the head's time, ${formatTime(head.time)}`,
    hint: 'check the clocks of the machines that emit',
  };
}

export const WORLD_READABLE: LedgerWarning = {
  code: 'WORLD_READABLE',
  message: 'users other than the owner can read or write the file',
  hint: 'run chmod 600',
};

/** A run of archived history, and whether its segment is where it should be. */
interface SegmentState {
  readonly range: SequenceRange;
  /** Null if the run was dropped. */
  readonly file: string | null;
  readonly isAtHand: boolean;
}

const RANGES_SHOWN = 4;

/** Null if all segments are at hand. */
export function segmentsWarning(runs: readonly SegmentState[]): LedgerWarning | null {
  const segments = runs.filter(({ file }) => file !== null);
  const missing = segments.filter(({ isAtHand }) => !isAtHand);
  if (missing.length === 0) return null;
  const shown = missing.slice(0, RANGES_SHOWN).map(({ range }) => `${range.from} to ${range.through}`);
  const others = missing.length - shown.length;
  return {
    code: 'SEGMENT_MISSING',
    message: `${missing.length} of ${segments.length} segments ${missing.length === 1 ? 'is' : 'are'} missing or not whole: sequences ${shown.join(', ')}${others > 0 ? ` and ${others} more` : ''}`,
    hint: 'put them back, or name their directory with `archive`',
  };
}

/** In the largest unit of which there are at least two. */
function roughly(span: Micros): string {
  if (span >= 2 * DAY) return `${Math.round(span / DAY)} days`;
  if (span >= 2 * HOUR) return `${Math.round(span / HOUR)} hours`;
  return `${Math.round(span / MINUTE)} min`;
}
