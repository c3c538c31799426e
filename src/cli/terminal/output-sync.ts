/**
 * Keeps standard output whole beside a cursor. It is synced before the cursor moves past it: a power failure could keep the cursor and lose the events. And after a
 * line that was cut by one, the events that are delivered again begin on a line of their own. Does nothing for pipes and terminals.
 */

import { fstatSync, fsyncSync, readFileSync, readlinkSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { outputFailure, syncDirectoryNow } from '../../index.ts';
import { endsWithinLine } from '../state/last-line.ts';

const STDOUT = 1;
const STDOUT_PATH = `/proc/self/fd/${STDOUT}`;
/** Of `open()` on Linux, in the octal `flags:` of a descriptor. */
const O_APPEND = 0o2000;

/**
 * Ends a last line that is cut, where a shell has opened the file for appending (`>> FILE`), which is known on Linux only. To be called before the first event is written, for
 * formats of lines. @throws LedgerError IO_FAILED, DISK_FULL
 */
export function completeLastLine(): void {
  if (!fstatSync(STDOUT).isFile() || !isAppended() || !endsWithinLine(STDOUT_PATH)) return;
  try {
    writeSync(STDOUT, '\n');
  } catch (error) {
    throw outputFailure(error as NodeJS.ErrnoException);
  }
}

/** At any other place a line end could overwrite something. */
function isAppended(): boolean {
  try {
    const [, flags = '0'] = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${STDOUT}`, 'utf8')) ?? [];
    return (Number.parseInt(flags, 8) & O_APPEND) !== 0;
  } catch {
    return false;
  }
}

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
    path = readlinkSync(STDOUT_PATH);
  } catch {
    return;
  }
  syncDirectoryNow(dirname(path));
}
