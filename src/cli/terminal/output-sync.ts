/** Brings standard output to the disk before a cursor passes over it: a power cut would keep the cursor and take the events. Pipes and terminals have nothing to sync. */

import { fstatSync, fsyncSync, readlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { outputFailure } from '../../index.ts';
import { syncDirectory } from '../state/sync-directory.ts';

const STDOUT = 1;

/** To be called after each delivery and before its cursor moves. @throws LedgerError IO_FAILED */
export function outputSync(): () => void {
  if (!fstatSync(STDOUT).isFile()) return () => {};
  let isNameSynced = false;
  return () => {
    try {
      fsyncSync(STDOUT);
    } catch (error) {
      throw outputFailure(error as NodeJS.ErrnoException);
    }
    if (!isNameSynced) syncName();
    isNameSynced = true;
  };
}

/** The shell made the file, and nobody has synced its name. Only Linux says where it lies. */
function syncName(): void {
  let path: string;
  try {
    path = readlinkSync(`/proc/self/fd/${STDOUT}`);
  } catch {
    return;
  }
  syncDirectory(dirname(path));
}
