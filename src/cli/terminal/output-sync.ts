/** Syncs standard output before a cursor moves past it: a power failure could keep the cursor and lose the events. Does nothing for pipes and terminals. */

import { fstatSync, fsyncSync, readlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { outputFailure } from '../../index.ts';
import { syncDirectory } from '../state/sync-directory.ts';

const STDOUT = 1;

/** Returns a function to call after each delivery, before the cursor moves. @throws LedgerError IO_FAILED */
export function outputSync(): () => void {
  if (!fstatSync(STDOUT).isFile()) return () => {};
  let isNameSynced = false;
  return () => {
    try {
      fsyncSync(STDOUT);
      if (!isNameSynced) syncName();
    } catch (error) {
      throw outputFailure(error as NodeJS.ErrnoException);
    }
    isNameSynced = true;
  };
}

/** Syncs the directory entry: the shell has created the file without a sync. The path is known on Linux only. @throws Error of the system */
function syncName(): void {
  let path: string;
  try {
    path = readlinkSync(`/proc/self/fd/${STDOUT}`);
  } catch {
    return;
  }
  syncDirectory(dirname(path));
}
