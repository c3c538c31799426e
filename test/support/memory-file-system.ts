/** Where the quick tests keep their files: in memory, where there is room for them. */

import { readFileSync, statfsSync } from 'node:fs';
import { freemem } from 'node:os';

/** The place that Linux has for it. */
const PLACE = '/dev/shm';
/** Bytes that must be free in it, and in the memory for all that runs: 15 times the most that a run had in files, 260 MB. */
const ROOM = 4 * 2 ** 30;

/** The directory of a file system in memory that has room and can hold programs; null if there is none. */
export function memoryDirectory(): string | null {
  try {
    const mounts = readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' '));
    const mount = mounts.findLast(([, place]) => place === PLACE);
    const [, , kind, options = ''] = mount ?? [];
    if (kind !== 'tmpfs' || options.split(',').some((option) => option === 'noexec' || option === 'ro')) return null;
    const { bavail, bsize } = statfsSync(PLACE);
    return Math.min(bavail * bsize, freemem()) < ROOM ? null : PLACE;
  } catch {
    // not Linux
    return null;
  }
}
