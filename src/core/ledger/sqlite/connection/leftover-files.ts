/** Finds what killed runs have left beside a ledger. A file of its name that was begun before can never get that name: it is taken. */

import { basename } from 'node:path';
import { shellWord } from '../../../model/text/shell-word.ts';
import type { LedgerWarning } from '../../../model/warning.ts';
import { fileBytes } from './file-guard.ts';
import { incompleteFiles } from './temporary-name.ts';

const NAMED_MAX = 3;

/** Reads the directory. Null if nothing is left. */
export function leftoverFiles(path: string): LedgerWarning | null {
  const files = incompleteFiles(path).sort();
  if (files.length === 0) return null;
  const bytes = files.reduce((sum, file) => sum + fileBytes(file), 0);
  const names = files.slice(0, NAMED_MAX).map((file) => basename(file));
  const more = files.length > NAMED_MAX ? ` and ${files.length - NAMED_MAX} more` : '';
  return {
    code: 'LEFTOVER_FILES',
    message: `a killed init or backup has left ${(bytes / 1e6).toFixed(1)} MB in ${names.join(', ')}${more}`,
    hint: `no part of the ledger: rm ${shellWord(`${path}.incomplete-`)}*`,
  };
}
