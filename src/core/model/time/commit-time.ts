/**
 * Checks that the clock of a commit can be right. A wrong clock far ahead would hold ledger time there until it is
 * reached. Pure.
 */

import { LedgerError } from '../ledger-error.ts';
import { formatTime, isTime, type Micros } from './time.ts';

const DAY: Micros = 86_400e6;

/** Ledgers may rest for years before they are used again; garbage in a hardware clock is usually decades ahead. */
const IDLE_MAX: Micros = 5 * 366 * DAY;

const HINT = 'set the clock of this machine; nothing was written';

/** @throws LedgerError CLOCK_UNUSABLE for a time that no ledger can store */
export function checkClockTime(now: Micros): void {
  if (isTime(now)) return;
  throw new LedgerError('CLOCK_UNUSABLE', {
    message: `the clock of this machine shows ${clockText(now)}, but a ledger stores times of the years 1828 to 2111`,
    hint: HINT,
    details: { now },
  });
}

/**
 * `latest`: the latest time that the ledger knows.
 * @throws LedgerError CLOCK_UNUSABLE for a time that no ledger can store, or more than five years after `latest`,
 * unless the clock is trusted
 */
export function checkCommitTime(now: Micros, latest: Micros, isTrusted: boolean): void {
  checkClockTime(now);
  if (isTrusted || now <= latest + IDLE_MAX) return;
  throw new LedgerError('CLOCK_UNUSABLE', {
    message: `the clock of this machine shows ${formatTime(now)}, more than five years after the latest time in the ledger, ${formatTime(latest)}`,
    hint: `${HINT}. If it is right: open the ledger with \`trustClock\``,
    details: { now, latest },
  });
}

/** A clock may show a time that no date can represent. */
function clockText(now: Micros): string {
  const date = new Date(now / 1000);
  return Number.isNaN(date.getTime()) ? `${now} us` : date.toISOString();
}
