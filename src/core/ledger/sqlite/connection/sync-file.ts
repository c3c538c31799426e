/** Brings files and names to the disk, without blocking the event loop. Not for a file that SQLite has open: closing it would drop SQLite's locks. */

import { closeSync, fsyncSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { isDiskError } from '../../../model/disk-error.ts';

/** @throws Error of the system */
export async function syncFile(path: string): Promise<void> {
  await sync(path, 'r+');
}

/** Makes the names in a directory durable, where the file system can and one may read the directory. @throws Error of the system */
export async function syncDirectory(path: string): Promise<void> {
  try {
    await sync(path, 'r');
  } catch (error) {
    if (isDiskError(error)) throw error;
  }
}

/** As {@link syncDirectory}, at once. @throws Error of the system if a name may be lost in a power failure */
export function syncDirectoryNow(path: string): void {
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

async function sync(path: string, flags: 'r' | 'r+'): Promise<void> {
  const file = await open(path, flags);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
