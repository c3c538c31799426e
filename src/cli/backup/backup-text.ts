/** Formats the report of a backup, as text. */

import { type BackupReport, formatHead } from '../../index.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { bytes, plural } from '../terminal/format-numbers.ts';

export function backupText({ path, head, events, commits, bytes: size }: BackupReport): string {
  const content = `${plural(events, 'event')} in ${plural(commits, 'commit')} (${bytes(size)})`;
  return `${escapeForTerminal(path)}: ${content}, verified; head ${formatHead(head)}`;
}

/** What else belongs to a backup; null if nothing does. `directory`: of the ledger's segments. */
export function segmentsText({ segments }: BackupReport, directory: string): string | null {
  if (segments.length === 0) return null;
  const size = segments.reduce((sum, each) => sum + each.bytes, 0);
  return `not in it: ${plural(segments.length, 'segment')} of archived history (${bytes(size)}); copy once what is in ${escapeForTerminal(directory)}`;
}

/** Null if no other copy was begun under the same name. */
export function incompleteNote({ incomplete }: BackupReport): string | null {
  if (incomplete.length === 0) return null;
  const names = incomplete.map((path) => escapeForTerminal(path)).join(', ');
  return `note: left by a backup that was killed, or still written by another: ${names}; remove what no backup writes`;
}
