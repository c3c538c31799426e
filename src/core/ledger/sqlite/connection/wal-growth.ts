/** Detects that commits are not written back from the -wal: SQLite ignores a failed checkpoint, and the -wal grows until the disk is full. */

import type { Database } from 'better-sqlite3';
import type { LedgerWarning } from '../../../model/warning.ts';
import { PAGE_BYTES, WAL_PAGES } from './connection.ts';
import { fileBytes } from './file-guard.ts';
import { companionPath } from './ledger-path.ts';
import { waitingBytesOrNull } from './storage-size.ts';
import { translateError } from './translate-error.ts';

/** Four times the size at which it is written back: a reader may delay that for a moment. */
const WAITING_BYTES_MAX = 4 * WAL_PAGES * PAGE_BYTES;

/** Costs one stat while the -wal is small. Must run outside of a transaction. `isWriter`: may try a checkpoint, to name the error. */
export function walGrowth(db: Database, path: string, isWriter: boolean): LedgerWarning | null {
  if (fileBytes(companionPath(path, '-wal')) <= WAITING_BYTES_MAX) return null;
  // Tried however much waits: SQLite syncs the file, which is what fails, only if a checkpoint reaches the end of the -wal. During writes it does not.
  const attempt = isWriter ? writeBack(db, path) : WRITTEN;
  // Nothing is known while another connection, such as the writing thread, is at it: the next call finds out.
  if (attempt === 'busy') return null;
  const { failure } = attempt;
  const waitingBytes = waitingBytesOrNull(db);
  if (waitingBytes === null) return null;
  if (failure === null && waitingBytes <= WAITING_BYTES_MAX) return null;
  const held = 'another process reads an old state of it';
  const reason = failure ?? (isWriter ? held : `${held}, or writing back fails`);
  return {
    code: 'WAL_GROWING',
    message: `${path}: ${Math.round(waitingBytes / 1e6)} MB of commits wait in the -wal and are not written back into the file: ${reason}`,
    hint:
      failure === null
        ? 'wait if a backup runs; else end the process that has had the ledger open for long'
        : 'look at the disk and its free space',
  };
}

/** `failure`: null if the checkpoint went as far as readers allow. */
type Attempt = { readonly failure: string | null } | 'busy';

const WRITTEN: Attempt = { failure: null };

/** Tries a checkpoint. A passive one is busy only while another connection makes one. */
function writeBack(db: Database, path: string): Attempt {
  try {
    const [result] = db.pragma('wal_checkpoint(PASSIVE)') as { readonly busy: number }[];
    return result?.busy === 1 ? 'busy' : WRITTEN;
  } catch (error) {
    const { message } = translateError(error, path, 'read') as Error;
    return { failure: message.slice(message.startsWith(path) ? path.length + 2 : 0) };
  }
}
