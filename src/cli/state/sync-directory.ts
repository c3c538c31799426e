/** Brings the names in a directory to the disk: a new or renamed file that is synced may still be lost by its name. */

import { closeSync, fsyncSync, openSync } from 'node:fs';

/** Where directories can be synced; elsewhere it does nothing. */
export function syncDirectory(path: string): void {
  let directory: number;
  try {
    directory = openSync(path, 'r');
  } catch {
    // a directory may be written and not read
    return;
  }
  try {
    fsyncSync(directory);
  } catch {
    // not every file system can
  } finally {
    closeSync(directory);
  }
}
