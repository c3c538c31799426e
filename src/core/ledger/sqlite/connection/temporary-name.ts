/** Names of files that are being written, until they are complete; and what processes that were killed have left under such names. */

import { readdirSync, realpathSync, rmSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
/** Of a copy, with the files that SQLite keeps beside it. */
const INCOMPLETE = new RegExp(`^(.+)\\.incomplete-${UUID}(?:-wal|-shm|-journal)?$`);
/** Of a segment. */
const PARTIAL = /^[0-9a-f]{8}\.partial$/;

/** Temporary name of the segments of a ledger, all of them: what an interrupted run has left is found and replaced by the next one. `mark`: the first digits of its uuid. */
export function partialName(directory: string, mark: string): string {
  return join(directory, `${mark}.partial`);
}

/** Random: a link at a predictable name would lead what is written elsewhere. */
export function temporaryName(path: string): string {
  return `${path}.incomplete-${crypto.randomUUID()}`;
}

/** Paths of files that were begun under temporary names for `path`, by processes that were killed or are still at work. */
export function incompleteFiles(path: string): string[] {
  return temporaryNames(dirname(path)).filter((name) => INCOMPLETE.exec(basename(name))?.[1] === basename(path));
}

/**
 * Removes the temporary name of a complete file, which a process that was killed while it gave the file its name has left. Another name, and `path` itself, is not touched. A
 * process that is still about to remove it finds it gone. Does nothing if it may not.
 */
export function removeTemporaryName(path: string): void {
  const file = statOrNull(path);
  if (file === null || !file.isFile() || file.nlink !== 2) return;
  try {
    const own = realpathSync(path);
    for (const name of temporaryNames(dirname(own))) {
      const found = name === own ? null : statOrNull(name);
      if (found?.ino === file.ino && found.dev === file.dev) rmSync(name, { force: true });
    }
  } catch {
    // the opening says that it has two names
  }
}

function temporaryNames(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => INCOMPLETE.test(name) || PARTIAL.test(name))
      .map((name) => join(directory, name));
  } catch {
    // a directory may be writable and not readable
    return [];
  }
}

function statOrNull(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}
