/** One rule for calls that a signal ends without a report of what they did: they reject with ABORTED. No I/O. */

import { LedgerError } from './ledger-error.ts';

/** Runs the work, unless the signal has aborted. @throws LedgerError ABORTED in place of the signal's reason, which is its cause */
export async function rejectAborted<Result>(
  signal: AbortSignal | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    signal?.throwIfAborted();
    return await work();
  } catch (error) {
    if (signal?.aborted !== true || error !== signal.reason) throw error;
    throw new LedgerError('ABORTED', {
      message: 'the call was aborted by its signal',
      hint: 'call it again to have it done',
      cause: error,
    });
  }
}
