/** Finds what killed runs have left beside a ledger. A file of its name that was begun before can never get that name: it is taken. */

import { lstatSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isReplacementName } from '../../../model/replacement-name.ts';
import { shellWord } from '../../../model/text/shell-word.ts';
import { systemClock } from '../../../model/time/clock.ts';
import type { LedgerWarning } from '../../../model/warning.ts';
import { fileBytes } from './file-guard.ts';
import { incompleteFiles } from './temporary-name.ts';

const NAMED_MAX = 3;
/** A replacement is written within milliseconds; older than this, its writer was killed. */
const REPLACEMENT_AGE_MS = 60_000;

/** Reads the directory. Null if nothing is left. */
export function leftoverFiles(path: string): LedgerWarning | null {
  const incomplete = incompleteFiles(path).sort();
  const replacements = oldReplacements(dirname(path)).sort();
  const files = [...incomplete, ...replacements];
  if (files.length === 0) return null;
  const bytes = files.reduce((sum, file) => sum + fileBytes(file), 0);
  const names = files.slice(0, NAMED_MAX).map((file) => basename(file));
  const more = files.length > NAMED_MAX ? ` and ${files.length - NAMED_MAX} more` : '';
  const writers = [
    ...(incomplete.length > 0 ? ['init or backup'] : []),
    ...(replacements.length > 0 ? ['writer of a cursor, digest or page'] : []),
  ];
  return {
    code: 'LEFTOVER_FILES',
    message: `a killed ${writers.join(' and a killed ')} has left ${size(bytes)} in ${names.join(', ')}${more}`,
    hint: `no part of the ledger: rm ${[
      ...(incomplete.length > 0 ? [`${shellWord(`${path}.incomplete-`)}*`] : []),
      // by their names: another writer may be at work
      ...replacements.map(shellWord),
    ].join(' ')}`,
  };
}

function size(bytes: number): string {
  return bytes < 100_000 ? `${bytes} B` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function oldReplacements(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter(isReplacementName)
      .map((name) => join(directory, name))
      .filter(isOld);
  } catch {
    // a directory may be writable and not readable
    return [];
  }
}

/** By the system's clock, which stamps files, whatever the engine's is. */
function isOld(file: string): boolean {
  const { mtimeMs } = lstatSync(file, { throwIfNoEntry: false }) ?? {};
  return mtimeMs !== undefined && systemClock.nowMicros() / 1000 - mtimeMs > REPLACEMENT_AGE_MS;
}
