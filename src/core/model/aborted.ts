/** What a signal ends: calls without a report of what they did reject with ABORTED, streams end early. No I/O. */

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

/** Whether the error is a wait, for a lock or for servers, that the signal ended. */
export function isAbortBy(signal: AbortSignal | undefined, error: unknown): boolean {
  return signal?.aborted === true && error instanceof LedgerError && error.code === 'ABORTED';
}

/** The items until the signal aborts, whether between two of them or in a wait for the next. */
export async function* untilAborted<Item>(
  items: AsyncIterable<Item>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Item, void, undefined> {
  try {
    yield* items;
  } catch (error) {
    if (!isAbortBy(signal, error)) throw error;
  }
}
