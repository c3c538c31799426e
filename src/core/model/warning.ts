/** What is wrong with a ledger or its surroundings although everything still works. Pure. */

import type { Head } from './events/head.ts';
import { formatTime, type Micros } from './time/time.ts';

export interface LedgerWarning {
  /**
   * HEAD_AHEAD: the ledger's time is ahead of the clock, so events are recorded at the head's time until then.
   * WAL_GROWING: commits are not written back from the -wal into the file.
   */
  readonly code: 'HEAD_AHEAD' | 'WAL_GROWING';
  /** The fact, with its values, on one line. */
  readonly message: string;
  /** One thing to do. */
  readonly hint: string;
}

const MINUTE: Micros = 60e6;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `hasOwnTimes`: events bring their time along, and may be as far ahead of the clock as emission takes them. Null where nothing is wrong. */
export function headAheadWarning(head: Head, now: Micros, hasOwnTimes: boolean): LedgerWarning | null {
  const ahead = head.time - now;
  // clocks of several machines differ by seconds, and nobody needs to hear of that
  if (head.sequence === 0 || ahead <= (hasOwnTimes ? DAY : MINUTE)) return null;
  return {
    code: 'HEAD_AHEAD',
    message: `the ledger's time is ${roughly(ahead)} ahead of the clock of this machine: until then events are recorded at the head's time, ${formatTime(head.time)}`,
    hint: 'check the clocks of the machines that emit',
  };
}

/** By the largest unit of which there are two. */
function roughly(span: Micros): string {
  if (span >= 2 * DAY) return `${Math.round(span / DAY)} days`;
  if (span >= 2 * HOUR) return `${Math.round(span / HOUR)} hours`;
  return `${Math.round(span / MINUTE)} min`;
}
