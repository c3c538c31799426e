/** Formats the report of a backup, as text and as a JSON document. */

import { type BackupReport, formatHead } from '../../index.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { bytes, plural } from '../terminal/format-numbers.ts';

export function backupText({ path, head, events, commits, bytes: size }: BackupReport): string {
  const content = `${plural(events, 'event')} in ${plural(commits, 'commit')} (${bytes(size)})`;
  return `${escapeForTerminal(path)}: ${content}, verified; head ${formatHead(head)}`;
}

/** `uuid`: of the ledger, and so of its copy. */
export function backupDocument({ path, head, events, commits, bytes: size }: BackupReport, uuid: string): object {
  return { path, uuid, head: formatHead(head), events, commits, bytes: size };
}
