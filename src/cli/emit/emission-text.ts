/** Formats the output of `emit`: receipts for programs, the summary for people. */

import { type CommittedEvents, type EmissionReport, formatHead, formatTime, type LedgerError } from '../../index.ts';
import { safeJson } from '../app/safe-json.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { bytes, count, plural, rate, seconds, sequences, span } from '../terminal/format-numbers.ts';

/** Returns one JSON line per event: the line of the input, and its position in the ledger. */
export function receiptLines(events: CommittedEvents, place: { source: string; firstLine: number }): string {
  const { firstSequence, partitionNames } = events;
  const { partitions, offsets, times, linesInChunk } = events.columns;
  const source = safeJson(place.source);
  const names = partitionNames.map(safeJson);
  let lines = '';
  for (let at = 0; at < events.count; at++) {
    const line = place.firstLine + (linesInChunk[at] as number);
    const partition = names[partitions[at] as number];
    lines += `{"source":${source},"line":${line},"sequence":${firstSequence + at},"partition":${partition},"offset":${offsets[at]},"time":"${formatTime(times[at] as number)}"}\n`;
  }
  return lines;
}

/** What a summary says beside the report. */
interface SummaryFacts {
  /** Null if it is the default one. */
  readonly ledger: string | null;
  /** Whether the position in the input is stored with the commits. */
  readonly hasProducer: boolean;
  readonly failure?: LedgerError;
}

/** Returns the result as one line. */
export function emissionLine(
  report: EmissionReport,
  ms: number,
  { ledger, hasProducer, failure }: SummaryFacts,
): string {
  const parts = [
    report.events === 0
      ? nothingText(report, failure)
      : `${plural(report.events, 'event')} committed (${bytes(report.bytes)} in ${seconds(ms)}, ${rate(report.events, ms)}), ${sequences(report.firstSequence, report.lastSequence)}`,
  ];
  if (report.events > 0 && report.resumed > 0)
    parts.push(`${plural(report.resumed, 'line')} taken before by this producer`);
  if (report.late > 0) parts.push(`${count(report.late)} late, recorded at the head's time`);
  if (report.duplicates > 0) parts.push(`${plural(report.duplicates, 'duplicate')} skipped`);
  if (report.rejected > 0) parts.push(`${plural(report.rejected, 'line')} rejected`);
  if (hasProducer && report.rejected > 0 && report.commits === 0)
    parts.push('no commit has stored the position: the next run reads and rejects them again');
  if (failure?.code === 'OUTCOME_UNKNOWN') parts.push('the outcome of one more commit is unknown');
  if (!report.isComplete && failure === undefined) parts.push('the rest of the input was not read');
  if (report.head !== null) parts.push(`head ${formatHead(report.head)}`);
  if (report.head !== null && ledger !== null) parts.push(`ledger ${ledger}`);
  return parts.join('; ');
}

/** Of a few events the share says nothing. */
const LATE_FROM_EVENTS = 100;
const LATE_SHARE_MAX = 0.1;

/** Clocks of different machines differ by seconds. */
const AHEAD_FROM_MS = 60_000;

/** Where the run left the ledger, and what was asked for. */
interface LateFacts {
  readonly isMerged: boolean;
  /** How far the head's time is ahead of the clock; negative if it is behind it. */
  readonly aheadMs: number;
}

/**
 * What to do if events came late because one was dated in the future, or if many came late, which is said only then;
 * null otherwise.
 */
export function lateHint({ late, events }: EmissionReport, { isMerged, aheadMs }: LateFacts): string | null {
  if (late > 0 && aheadMs > AHEAD_FROM_MS)
    return `note: the head's time is ${span(aheadMs)} ahead of this clock, and every event is late until then: one was dated in the future; emit --max-skew 1m refuses such events`;
  if (events < LATE_FROM_EVENTS || late <= events * LATE_SHARE_MAX) return null;
  const remedy = isMerged ? 'sort each file by time first' : 'emit --merge FILE.. orders files that are each in order';
  return `note: ${Math.round((late / events) * 100)} % of the events came late; ${remedy}`;
}

/** Says so if a producer had nothing left to take: it is no failure that nothing was committed. */
function nothingText(
  { resumed, rejected, duplicates, isComplete }: EmissionReport,
  failure: LedgerError | undefined,
): string {
  if (resumed === 0 || failure !== undefined) return 'nothing committed';
  const isAll = isComplete && rejected === 0 && duplicates === 0;
  return `nothing committed: ${isAll ? 'all of the input' : 'the input'}, ${plural(resumed, 'line')}, was taken before by this producer`;
}

/** All that a quiet run prints. `file`: that has them. */
export function rejectedLine(rejected: number, file: string): string {
  return `${plural(rejected, 'line')} rejected: see ${escapeForTerminal(file)}`;
}
