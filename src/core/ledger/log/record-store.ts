/**
 * The port of small records beside a log, each by its key and changed under its revision: what consumer groups keep. Every method may reject with
 * UNREACHABLE, PERMISSION_DENIED or CLOSED besides the codes it names.
 */

import type { Micros } from '../../model/time/time.ts';

export interface StoredRecord {
  readonly key: string;
  /** JSON. */
  readonly value: string;
  /** Changes with every write of the record and never comes back. */
  readonly revision: number;
  /** When it was written, by the clock of the store: ages are differences of these, never of a client's clock. */
  readonly writtenAt: Micros;
}

export interface RecordStore {
  /** Null if there is none. The answer may be older than the last write: a write under its revision then fails. */
  get(key: string): Promise<StoredRecord | null>;
  /**
   * Writes the record if it still has this revision; 0: if there is none; null: whatever it has. Resolves with the record as written, or null if it has another
   * revision by now. @throws LedgerError OUTCOME_UNKNOWN (possibly written)
   */
  put(key: string, value: string, revision: number | null): Promise<StoredRecord | null>;
  /** Deletes the record if it still has this revision. @throws LedgerError OUTCOME_UNKNOWN (possibly deleted) */
  delete(key: string, revision: number): Promise<boolean>;
  /** All records whose key begins with the prefix (whole tokens and their dot), by key. */
  list(prefix: string): Promise<StoredRecord[]>;
}
