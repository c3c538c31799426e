/** Copies a ledger in a thread of its own, and ends the thread. */

import { closeAfter } from '../../../model/closing.ts';
import type { Head } from '../../../model/events/head.ts';
import type { CopyHooks } from '../backup/copy-snapshot.ts';
import type { BackupAnswer, BackupMessage } from './backup-protocol.ts';
import { LedgerThread } from './ledger-thread.ts';
import { fromFailure } from './thread-failure.ts';
import type { ThreadStart } from './thread-protocol.ts';

/**
 * Copies into `target`, an empty file. Returns the head of the copy.
 * @throws LedgerError of the copy, or of a thread that cannot start; the error of `onProgress`
 */
export async function copyInThread(
  start: ThreadStart,
  target: string,
  { signal, onProgress }: CopyHooks,
): Promise<Head> {
  let onCopied: (head: Head) => void = () => {};
  let onFailed: (error: unknown) => void = () => {};
  const copied = new Promise<Head>((resolve, reject) => {
    onCopied = resolve;
    onFailed = reject;
  });
  const onAnswer = (answer: BackupAnswer): void => {
    if (answer.kind === 'copied') return onCopied(answer.head);
    if (answer.kind === 'failed') return onFailed(fromFailure(answer.failure));
    try {
      onProgress({ done: answer.done, total: answer.total });
    } catch (error) {
      onFailed(error);
    }
  };
  const stop = new AbortController();
  const thread = await LedgerThread.start<BackupMessage, BackupAnswer>(
    'backup-worker',
    start,
    { onAnswer, onEnd: onFailed },
    AbortSignal.any([signal, stop.signal]),
  );
  thread.setAwaited(true);
  return closeAfter(
    () => {
      thread.post({ target });
      return copied;
    },
    () => {
      // A copy whose progress could not be reported is still running.
      stop.abort();
      return thread.close();
    },
  );
}
