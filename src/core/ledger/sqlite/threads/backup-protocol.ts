/** Messages between a ledger and the thread that copies it. */

import type { Head } from '../../../model/events/head.ts';
import type { ThreadFailure } from './thread-failure.ts';

/** The empty file to copy into. */
export interface BackupMessage {
  readonly target: string;
}

export type BackupAnswer =
  /** Bytes. */
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }
  /** The copy is complete; its head. */
  | { readonly kind: 'copied'; readonly head: Head }
  | { readonly kind: 'failed'; readonly failure: ThreadFailure };
