/** Runs in the thread of a backup: copies the ledger once. The pauses between its steps would block another thread's event loop. */

import type { BackupAnswer, BackupMessage } from './backup-protocol.ts';
import { toFailure } from './thread-failure.ts';
import { serve } from './thread-script.ts';

serve<BackupMessage, BackupAnswer>('read', async (ledger, { target }, reply, signal) => {
  try {
    const onProgress = (progress: { done: number; total: number }): void =>
      reply({ kind: 'progress', ...progress }, []);
    reply({ kind: 'copied', head: await ledger.copyInto(target, { signal, onProgress }) }, []);
  } catch (error) {
    reply({ kind: 'failed', failure: toFailure(error) }, []);
  }
});
