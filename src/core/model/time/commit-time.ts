/** Whether the clock that a commit is made by can be right. A wrong one that is far ahead would hold up the ledger's time until then. Pure. */

import { LedgerError } from '../ledger-error.ts';
import { formatTime, isTime, type Micros } from './time.ts';

const DAY: Micros = 86_400e6;

/** Ledgers are left alone for years and used again; garbage in a hardware clock is decades ahead more often than not. */
const IDLE_MAX: Micros = 5 * 366 * DAY;

const HINT = 'set the clock of this machine; nothing was written';

/** @throws LedgerError CLOCK_UNUSABLE for a time that no ledger can keep */
export function checkClockTime(now: Micros): void {
  if (isTime(now)) return;
  throw new LedgerError('CLOCK_UNUSABLE', {
    message: `the clock of this machine stands at ${clockText(now)}, and a ledger keeps times of the years 1828 to 2111`,
    hint: HINT,
    details: { now },
  });
}

/**
 * `latest`: the latest moment that the ledger knows of.
 * @throws LedgerError CLOCK_UNUSABLE for a time that no ledger can keep, or more than five years after `latest`, unless the clock is trusted
 */
export function checkCommitTime(now: Micros, latest: Micros, isTrusted: boolean): void {
  checkClockTime(now);
  if (isTrusted || now <= latest + IDLE_MAX) return;
  throw new LedgerError('CLOCK_UNUSABLE', {
    message: `the clock of this machine stands at ${formatTime(now)}, and the latest that the ledger knows of is ${formatTime(latest)}: more than five years before`,
    hint: `${HINT}. If it is right: emit --trust-clock, or open({ trustClock: true })`,
    details: { now, latest },
  });
}

/** A clock may show what no date can. */
function clockText(now: Micros): string {
  const date = new Date(now / 1000);
  return Number.isNaN(date.getTime()) ? `${now} us` : date.toISOString();
}
