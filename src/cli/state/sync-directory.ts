/** Syncs a directory: without it a new or renamed file can lose its name in a power failure, even if its content is synced. */

import { closeSync, fsyncSync, openSync } from 'node:fs';

/** Does nothing if the system cannot sync directories. */
export function syncDirectory(path: string): void {
  let directory: number;
  try {
    directory = openSync(path, 'r');
  } catch {
    // a directory may be writable but not readable
    return;
  }
  try {
    fsyncSync(directory);
  } catch {
    // not every file system supports it
  } finally {
    closeSync(directory);
  }
}
