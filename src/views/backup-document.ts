/** The document of a backup. */

import { type BackupReport, formatHead } from '../index.ts';

export interface BackupDocument extends Omit<BackupReport, 'head'> {
  /** Of the ledger, and so of its copy. */
  readonly uuid: string;
  /** Of the copy, `SEQUENCE:HASH`. */
  readonly head: string;
}

export function backupDocument(report: BackupReport, uuid: string): BackupDocument {
  const { path, head, events, commits, bytes, segments, incomplete } = report;
  return { path, uuid, head: formatHead(head), events, commits, bytes, segments, incomplete };
}
