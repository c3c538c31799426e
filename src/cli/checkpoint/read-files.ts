/** Reads whole files of checkpoints, to be verified. */

import { readFileSync, statSync } from 'node:fs';
import { type CheckpointSource, LedgerError, unreadableInput } from '../../index.ts';

/** About 180,000 checkpoints. */
const FILE_BYTES_MAX = 64 * 1024 * 1024;
const OTHER_FILE = 'name another file';

/** @throws LedgerError NO_INPUT, INPUT_UNREADABLE, PERMISSION_DENIED */
export function readCheckpointFiles(paths: readonly string[]): CheckpointSource[] {
  return paths.map((path) => ({ name: path, bytes: readWhole(path) }));
}

function readWhole(path: string): Buffer {
  try {
    const stats = statSync(path);
    if (!stats.isFile()) throw unreadable(path, 'it is not a regular file');
    if (stats.size > FILE_BYTES_MAX)
      throw unreadable(path, `it has more than ${FILE_BYTES_MAX / 2 ** 20} MiB: verify it in parts, each by itself`);
    return readFileSync(path);
  } catch (error) {
    if (error instanceof LedgerError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') throw unreadableInput(path, error, OTHER_FILE);
    throw new LedgerError('NO_INPUT', {
      message: `there is no file of checkpoints at ${path}`,
      hint: 'make one: completengine inspect --sign KEY --checkpoint FILE, or emit --sign KEY --checkpoint FILE',
      cause: error,
    });
  }
}

function unreadable(path: string, fact: string): LedgerError {
  return new LedgerError('INPUT_UNREADABLE', { message: `${path} cannot be read: ${fact}`, hint: OTHER_FILE });
}
