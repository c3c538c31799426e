/**
 * Gives the free pages of a live ledger back to the file system. SQLite keeps them for later rows; a file that has a map of its pages can move the last ones
 * into the gaps, and end earlier.
 */

import type { Database } from 'better-sqlite3';
import type { SmallSteps } from './small-steps.ts';

/** Pages of one transaction: 64 to 200 took equally long in all, and an emitter waited for at most 83 ms. */
const PAGES_PER_STEP = 128;

export interface FreeSpace {
  /** Free pages inside the file, in bytes. */
  readonly freeBytes: number;
  /** Whether they can be given back without rewriting the file: it was created with a map of its pages. */
  readonly canGiveBack: boolean;
}

function freeSpace(db: Database): FreeSpace {
  const pages = db.pragma('freelist_count', { simple: true }) as number;
  return {
    freeBytes: pages * (db.pragma('page_size', { simple: true }) as number),
    canGiveBack: db.pragma('auto_vacuum', { simple: true }) !== 0,
  };
}

/**
 * Gives free pages back, step by step, until none is left or the steps are stopped. Does nothing in a file without a map of its pages. The file itself becomes
 * smaller when the WAL is written back.
 * @param onProgress bytes that are still free, after each step
 * @throws LedgerError BUSY, DISK_FULL, IO_FAILED; it can be called again
 */
export async function giveBackPages(
  db: Database,
  steps: SmallSteps,
  onProgress: (freeBytes: number) => void = () => {},
): Promise<FreeSpace> {
  let space = await steps.read(() => freeSpace(db));
  while (space.canGiveBack && space.freeBytes > 0 && !steps.isStopped) {
    space = await steps.write(() => {
      // exec() runs the pragma to its end; a prepared statement that is run once frees one page
      db.exec(`PRAGMA incremental_vacuum(${PAGES_PER_STEP})`);
      return freeSpace(db);
    });
    onProgress(space.freeBytes);
  }
  return space;
}
