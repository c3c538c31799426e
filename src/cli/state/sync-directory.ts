/** Syncs a directory: without it a new or renamed file can lose its name in a power failure, even if its content is synced. */

import { closeSync, fsyncSync, openSync } from 'node:fs';
import { isDiskError } from '../../index.ts';

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
