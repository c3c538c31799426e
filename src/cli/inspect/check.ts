/** `inspect --check`: compares the figures of a ledger with limits. */

import { type Completengine, systemClock } from '../../index.ts';
import { type Check, type ChecksDocument, checksDocument } from '../../views/checks.ts';
import { ageMs } from '../../views/times.ts';
import { EXIT_CHECK_FAILED } from '../app/exit-codes.ts';
import { overviewOf } from './overview.ts';

/** Sets the exit code if a check fails. @throws LedgerError UNKNOWN_GROUP */
export async function checkLedger(engine: Completengine, checks: readonly Check[]): Promise<ChecksDocument> {
  const { committedAt } = await engine.gauges();
  const lastCommitAgeMs = ageMs(committedAt, systemClock.nowMicros());
  const ledger = await overviewOf(engine, { late: false });
  const checked = checksDocument(checks, { ledger, lastCommitAgeMs });
  if (!checked.isMet) process.exitCode = EXIT_CHECK_FAILED;
  return checked;
}
