/** The documents of an archive: its plan, its report, and the archived runs of a ledger. */

import { type ArchivedRun, type ArchivePlan, type ArchiveReport, formatTime } from '../index.ts';
import { timeOrNull } from './times.ts';

interface ArchiveFields
  extends Pick<
    ArchivePlan,
    'events' | 'commits' | 'bytes' | 'segment' | 'movedFrom' | 'wholeThrough' | 'keepsLast' | 'leftover'
  > {
  /** Sequences, both ends inclusive; null if there is nothing to archive. */
  readonly from: number | null;
  readonly through: number | null;
  readonly firstTime: string | null;
  readonly lastTime: string | null;
}

export interface ArchivePlanDocument extends ArchiveFields {
  readonly isDone: false;
  readonly groupsBehind: readonly { readonly group: string; readonly events: number }[];
}

export interface ArchiveReportDocument extends ArchiveFields {
  readonly isDone: true;
  readonly segmentBytes: number;
  readonly freedBytes: number;
  readonly movedGroups: readonly string[];
}

/** A run of `inspect`. */
export interface ArchivedRunDocument {
  readonly from: number;
  readonly through: number;
  /** Name of the segment; null if the run was dropped. */
  readonly file: string | null;
  readonly bytes: number;
  readonly archivedAt: string;
  readonly isAtHand: boolean;
  /** Size of what has the segment's name in the archive; null if there is nothing. */
  readonly foundBytes: number | null;
}

export function archivePlanDocument(plan: ArchivePlan): ArchivePlanDocument {
  const groupsBehind = plan.groupsBehind.map(({ group, events }) => ({ group, events }));
  return { isDone: false, ...fieldsOf(plan), groupsBehind };
}

export function archiveReportDocument(report: ArchiveReport): ArchiveReportDocument {
  const { segmentBytes, freedBytes, moved } = report;
  return { isDone: true, ...fieldsOf(report), segmentBytes, freedBytes, movedGroups: moved };
}

export function archivedDocument({ range, archivedAt, ...run }: ArchivedRun): ArchivedRunDocument {
  const { file, bytes, isAtHand, foundBytes } = run;
  return { ...range, file, bytes, archivedAt: formatTime(archivedAt), isAtHand, foundBytes };
}

function fieldsOf(plan: ArchivePlan): ArchiveFields {
  const { range, events, commits, bytes, segment, movedFrom, wholeThrough, keepsLast, leftover } = plan;
  return {
    from: range?.from ?? null,
    through: range?.through ?? null,
    events,
    commits,
    bytes,
    firstTime: timeOrNull(plan.firstTime),
    lastTime: timeOrNull(plan.lastTime),
    segment,
    movedFrom,
    wholeThrough,
    keepsLast,
    leftover,
  };
}
