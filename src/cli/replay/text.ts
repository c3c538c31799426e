/** Formats the report of a replay as text. */

import { type DryRunReport, formatHead, formatTime, type StreamReport, type TransferReport } from '../../index.ts';
import { bytes, plural, rate, seconds, sequences, span } from '../terminal/format-numbers.ts';
import { missingFieldsText } from '../terminal/missing-fields-text.ts';

export function replayLine(report: StreamReport | TransferReport): string {
  const { resumedBehind = null } = report as Partial<TransferReport>;
  if (report.events === 0) return emptyLine(report, resumedBehind);
  const parts = [
    `${plural(report.events, 'event')} (${bytes(report.bytes)} in ${seconds(report.wallMs)}, ${rate(report.events, report.wallMs)})`,
    sequences(report.firstSequence, report.lastSequence),
    `${formatTime(report.firstTime ?? 0)} to ${formatTime(report.lastTime ?? 0)}`,
    report.isVerified ? 'verified' : 'not verified',
    `digest ${report.digest}`,
  ];
  if (resumedBehind !== null) parts.push(`resumed after sequence ${resumedBehind}`);
  if ('head' in report) parts.push(`target head ${formatHead(report.head)}`);
  if (!report.isComplete) parts.push('stopped early');
  if (report.missingFields.length > 0) parts.push(missingFieldsText(report.missingFields));
  return parts.join('; ');
}

/** If the pipe closes within the first page, it is unknown how many of its events the reader has taken. */
function emptyLine({ isComplete, missingFields }: StreamReport, resumedBehind: number | null): string {
  if (!isComplete) return 'stopped early, before the first batch of events was taken whole';
  if (missingFields.length > 0) return `no events: ${missingFieldsText(missingFields)}`;
  return resumedBehind === null
    ? 'no events in this range'
    : `nothing new: the target is complete through sequence ${resumedBehind}`;
}

/** What a replay would output, and how long it would take. */
export function dryRunLine({ durationMs, ...report }: DryRunReport): string {
  if (report.events === 0) return emptyLine(report, null);
  return [
    `${plural(report.events, 'event')} (${bytes(report.bytes)}) would be replayed`,
    sequences(report.firstSequence, report.lastSequence),
    `${formatTime(report.firstTime ?? 0)} to ${formatTime(report.lastTime ?? 0)}, a span of ${span(((report.lastTime ?? 0) - (report.firstTime ?? 0)) / 1000)}`,
    durationMs === null ? 'unthrottled' : `${span(durationMs)} at this speed`,
    `digest ${report.digest}`,
    ...(report.missingFields.length > 0 ? [missingFieldsText(report.missingFields)] : []),
  ].join('; ');
}
