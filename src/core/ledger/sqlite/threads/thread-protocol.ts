/** Start data and reports of a ledger's thread, common to all of its threads. */

import type { FileIdentity } from '../connection/file-guard.ts';
import type { ThreadFailure } from './thread-failure.ts';

export interface ThreadStart {
  readonly path: string;
  /** The file that must be at the path. */
  readonly file: FileIdentity;
  /** Directory of the archive. */
  readonly archive: string;
  readonly busyTimeoutMs: number;
}

export type ThreadReport<Answer> =
  /** The ledger is open. The first report, unless it is a failure. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** The thread failed and exits. The last report. */
  | { readonly kind: 'failed'; readonly failure: ThreadFailure };

/** Control messages to the thread: `close` is handled after all messages before it, `abort` ends a wait for other processes, or a copy, at once. */
export type ThreadControl = 'close' | 'abort';
