/** Waits for other processes without blocking this one: SQLite's own wait would block the thread, and Ctrl-C with it. */

import { setTimeout as sleep } from 'node:timers/promises';
import { LedgerError } from '../../../model/ledger-error.ts';
import type { BusyLimit } from '../../driver.ts';
import { isBusy } from './translate-error.ts';

const PAUSE_MS_MAX = 20;

/** Growing pauses with jitter: without it waiting processes would collide again at the next attempt. */
export function growingPauses(): () => Promise<void> {
  let pauseMs = 0.5;
  return () => {
    const thisMs = pauseMs * (0.5 + Math.random());
    pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX);
    return sleep(thisMs);
  };
}

/** Repeats `attempt` while SQLite is busy, with a `pause` after each, until the limit. @throws LedgerError BUSY, ABORTED */
export async function retryWhileBusy<Result>(
  attempt: () => Result,
  { limitMs, signal }: BusyLimit,
  path: string,
  pause = growingPauses(),
): Promise<Result> {
  const deadline = performance.now() + limitMs;
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
    await pause();
  }
}
