/** What a ledger's thread is started with, and what it reports, whatever it works on. */

import type { FileIdentity } from '../connection/file-guard.ts';
import type { ThreadFailure } from './thread-failure.ts';

export interface ThreadStart {
  readonly path: string;
  /** It must find the same file there. */
  readonly file: FileIdentity;
  readonly busyTimeoutMs: number;
}

export type ThreadReport<Answer> =
  /** The ledger is open. The first report, unless it is a failure. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** The thread cannot go on, and exits. The last report. */
  | { readonly kind: 'failed'; readonly failure: ThreadFailure };

/** Sent to the thread beside the messages of its work: `close` after everything before it, `abort` ends a wait for other processes at once. */
export type ThreadControl = 'close' | 'abort';
