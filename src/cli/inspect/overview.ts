/** Reads the overview of a ledger for the modes of `inspect`. */

import { type Completengine, LedgerError, systemClock } from '../../index.ts';
import { type LateDocument, lateDocument } from '../../views/late-document.ts';
import { type OverviewDocument, overviewDocument } from '../../views/ledger-document.ts';
import { hintText } from '../app/hints.ts';

/** `late`: whether to look for late events, which reads events. */
export async function overviewOf(
  engine: Completengine,
  { late, signal }: { readonly late: boolean; readonly signal?: AbortSignal },
): Promise<OverviewDocument> {
  const overview = overviewDocument(await engine.inspect(), {
    groups: await engine.groups(),
    late: late ? await lateOf(engine, signal) : null,
    now: systemClock.nowMicros(),
  });
  return { ...overview, warnings: overview.warnings.map((warning) => ({ ...warning, hint: hintText(warning.hint) })) };
}

/** Null also where events are damaged: an overview must not fail by them. */
async function lateOf(engine: Completengine, signal: AbortSignal | undefined): Promise<LateDocument | null> {
  try {
    const late = await engine.lateEvents({ signal });
    return late === null ? null : lateDocument(late);
  } catch (error) {
    const isUnreadable =
      error instanceof LedgerError &&
      ['VERIFICATION_FAILED', 'ARCHIVE_MISSING', 'HISTORY_DROPPED'].includes(error.code);
    if (!isUnreadable) throw error;
    return null;
  }
}
