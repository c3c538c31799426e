/** What a store gives for a ledger in it. */

import type { OrderedLog } from './ordered-log.ts';
import type { RecordStore } from './record-store.ts';

/** Figures of the store that keeps the log. */
export interface LogStorage {
  /** Its name to people. */
  readonly engine: string;
  /** Settings by the store's own names, and the bytes of the log in it. */
  figures(): Promise<{ readonly settings: Readonly<Record<string, string | number>>; readonly bytes: number }>;
}

/** An open log, with what is beside it. Closing the log closes all of it. */
export interface OpenedLog {
  readonly log: OrderedLog;
  readonly records: RecordStore;
  readonly storage: LogStorage;
}
