/** Gives a finished file its name, and never replaces what has it. */

import { closeSync, linkSync, openSync, renameSync, rmSync } from 'node:fs';

/** Errors of link() on file systems without hard links, or with too many of the file. */
export const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/**
 * Unlike rename(), link() refuses a name that is taken. Without links the name is taken first, by an empty file. Syncs nothing. If the temporary name cannot be
 * removed, or the process is killed before, the file has two names.
 * @throws Error of the system; EEXIST if the name is taken
 */
export function giveName(temporary: string, path: string): void {
  try {
    linkSync(temporary, path);
  } catch (error) {
    if (!NO_LINKS.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    closeSync(openSync(path, 'wx', 0o600));
    try {
      renameSync(temporary, path);
    } catch (failure) {
      rmSync(path, { force: true });
      throw failure;
    }
    return;
  }
  try {
    rmSync(temporary, { force: true });
  } catch {
    // it has its name: the next opening or the next archive removes the other one
  }
}
