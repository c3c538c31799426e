/** Creates a ledger under another name and gives it its own when it is complete and on the disk: a full disk or a crash leaves nothing at its path. */

import { linkSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemErrorCode } from '../../../model/disk-error.ts';
import { LedgerError } from '../../../model/ledger-error.ts';
import { createFile, fileExists } from './file-guard.ts';
import { NO_LINKS } from './give-name.ts';
import { syncDirectory, syncFile } from './sync-file.ts';
import { temporaryName } from './temporary-name.ts';

/** Files that SQLite keeps beside a database. */
const COMPANIONS = ['-wal', '-shm', '-journal'];

/**
 * `make`: creates the ledger in the empty file that it is given.
 * @returns false if nothing was made: the name is taken, or the file system has no hard links. Without them another process could open the file that takes
 * the name meanwhile, and its commits would be replaced.
 * @throws what `make` throws; LedgerError CANNOT_CREATE; IO_FAILED, after which the ledger may be there
 */
export async function createWhole(path: string, make: (temporary: string) => Promise<void>): Promise<boolean> {
  // SQLite removes a log that is beside an empty file, and would apply it to a complete one.
  if (['', ...COMPANIONS].some((end) => fileExists(path + end))) return false;
  const temporary = temporaryName(path);
  createFile(temporary, path);
  try {
    await make(temporary);
    await syncFile(temporary);
    linkSync(temporary, path);
    removeIfPossible(temporary);
    await syncDirectory(dirname(path));
    return true;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'EEXIST' || NO_LINKS.includes(code ?? '')) return false;
    if (error instanceof LedgerError || code === undefined) throw error;
    throw new LedgerError('IO_FAILED', {
      message: `${path} cannot be created: ${code}`,
      hint: 'look at the disk and its free space, then see whether it is there: completengine inspect',
      details: { path, code },
      cause: error,
    });
  } finally {
    for (const end of ['', ...COMPANIONS]) removeIfPossible(temporary + end);
  }
}

/** The next opening of the ledger removes a second name that it has. */
function removeIfPossible(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // the error before says more
  }
}
