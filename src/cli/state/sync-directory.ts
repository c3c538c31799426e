/** Syncs a directory: without it a new or renamed file can lose its name in a power failure, even if its content is synced. */

import { closeSync, fsyncSync, openSync } from 'node:fs';

/** Codes of errors of the disk itself. With others a file system only says that it does not sync directories. */
const DISK_ERRORS = ['EIO', 'ENOSPC', 'EDQUOT'];

/** Whether the disk has failed or is full: what was written or named may be lost. */
export function isDiskError(error: unknown): boolean {
  return DISK_ERRORS.includes((error as NodeJS.ErrnoException).code ?? '');
}

/** Does nothing if the system cannot sync directories, or one may not read this one. @throws Error of the system if a name may be lost */
export function syncDirectory(path: string): void {
  try {
    const directory = openSync(path, 'r');
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
  } catch (error) {
    if (isDiskError(error)) throw error;
  }
}
