/** Recognises a database of SQLite, such as a ledger or a segment, by its first bytes. */

import { closeSync, openSync, readSync, statSync } from 'node:fs';

const SIGNATURE = 'SQLite format 3\0';

/**
 * `place`: a path, or a descriptor, which may be open for writing alone; on systems without /proc such a one is not recognised. To be called before a
 * ledger is opened: closing a file drops SQLite's locks on it in this process.
 */
export function isDatabase(place: string | number): boolean {
  const path = typeof place === 'number' ? `/proc/self/fd/${place}` : place;
  try {
    // opening a pipe would wait for its writer
    if (!statSync(path).isFile()) return false;
    const file = openSync(path, 'r');
    try {
      const first = Buffer.alloc(SIGNATURE.length);
      return readSync(file, first, 0, first.length, 0) === first.length && first.toString('latin1') === SIGNATURE;
    } finally {
      closeSync(file);
    }
  } catch {
    // missing, or not readable: what opens it says so
    return false;
  }
}
