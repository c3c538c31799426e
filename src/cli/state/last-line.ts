/**
 * Finds out whether the last line of a file is cut, as a power failure or a kill within a write leaves it. What is appended to it would become part of that line,
 * and be lost to whatever reads lines.
 */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const NEWLINE = 0x0a;

/** `path`: of a regular file. False for an empty one, and for one that cannot be read. */
export function endsWithinLine(path: string): boolean {
  try {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      const last = Buffer.alloc(1);
      return size > 0 && readSync(file, last, 0, 1, size - 1) === 1 && last[0] !== NEWLINE;
    } finally {
      closeSync(file);
    }
  } catch {
    // it may be open for writing alone
    return false;
  }
}
