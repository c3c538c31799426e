/** Waits for other processes without blocking this one: SQLite's own wait would block the thread, and Ctrl-C with it. */

import { setTimeout as sleep } from 'node:timers/promises';
import { LedgerError } from '../../../model/ledger-error.ts';
import type { BusyLimit } from '../../driver.ts';
import { isBusy } from './translate-error.ts';

const PAUSE_MS_MAX = 20;

/** Repeats `attempt` while SQLite is busy, with growing pauses with jitter, until the limit. @throws LedgerError BUSY, ABORTED */
export async function retryWhileBusy<Result>(
  attempt: () => Result,
  { limitMs, signal }: BusyLimit,
  path: string,
): Promise<Result> {
  const deadline = performance.now() + limitMs;
  let pauseMs = 0.5;
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (performance.now() >= deadline) {
        throw new LedgerError('BUSY', {
          message: `${path} was held by another process for ${limitMs} ms`,
          hint: 'try again, or wait longer with `busyTimeoutMs`',
          details: { path, limitMs },
          cause: error,
        });
      }
      if (signal?.aborted) {
        throw new LedgerError('ABORTED', {
          message: `interrupted while another process held ${path}`,
          hint: 'try again',
          details: { path },
          cause: error,
        });
      }
    }
    // Jitter: without it waiting writers would collide again at the next attempt.
    await sleep(pauseMs * (0.5 + Math.random()));
    pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX);
  }
}
