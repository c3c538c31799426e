/** Formats the report of a replay as text. */

import {
  type DryRunReport,
  formatHead,
  formatTime,
  type StreamReport,
  shellFlag,
  type TransferReport,
} from '../../index.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { bytes, plural, rate, seconds, sequences, span } from '../terminal/format-numbers.ts';
import { missingFieldsText } from '../terminal/missing-fields-text.ts';

/** What events have to meet. */
export interface EventFilter {
  readonly partitions?: readonly string[] | undefined;
  readonly key?: string | undefined;
  readonly where?: string | readonly string[] | undefined;
}

/** Returns the result as one line. `isReaderGone`: it ended because the output pipe was closed, which may hold events that nobody has read. */
export function replayLine(report: StreamReport | TransferReport, filter: EventFilter, isReaderGone: boolean): string {
  const { resumedBehind = null } = report as Partial<TransferReport>;
  if (report.events === 0) return emptyLine(report, filter, resumedBehind);
  const parts = [
    `${plural(report.events, 'event')}${isReaderGone ? ' written' : ''} (${bytes(report.bytes)} in ${seconds(report.wallMs)}, ${rate(report.events, report.wallMs)})`,
    sequences(report.firstSequence, report.lastSequence),
    `${formatTime(report.firstTime ?? 0)} to ${formatTime(report.lastTime ?? 0)}`,
    report.isVerified ? 'verified' : 'not verified',
    `digest ${report.digest}`,
  ];
  if (resumedBehind !== null) parts.push(`resumed after sequence ${resumedBehind}`);
  if ('head' in report) parts.push(`target head ${formatHead(report.head)}`);
  if (isReaderGone) parts.push('stopped early: the reader has gone, and may have read less');
  else if (!report.isComplete) parts.push('stopped early');
  const missing = missingFieldsText(report);
  if (missing !== null) parts.push(missing);
  return parts.join('; ');
}

/** If the pipe closes within the first page, it is unknown how many of its events the reader has taken. */
function emptyLine(report: Omit<StreamReport, 'wallMs'>, filter: EventFilter, resumedBehind: number | null): string {
  const missing = missingFieldsText(report);
  if (!report.isComplete) return 'stopped early, before the first batch of events was taken whole';
  if (missing !== null) return `no events: ${missing}${severalText(filter)}`;
  return resumedBehind === null
    ? nothingFound(filter)
    : `nothing new: the target is complete through sequence ${resumedBehind}`;
}

/** A range that has events, and none that was asked for, is not an empty one. */
function nothingFound(filter: EventFilter): string {
  const { partitions = [], key } = filter;
  const conditions = [
    ...partitions.map((name) => shellFlag('partition', name)),
    ...(key === undefined ? [] : [shellFlag('key', key)]),
    ...conditionsOf(filter).map((each) => shellFlag('where', each)),
  ];
  return conditions.length === 0
    ? 'no events in this range'
    : `no events in this range match ${escapeForTerminal(conditions.join(' '))}${severalText(filter)}`;
}

function conditionsOf({ where = [] }: EventFilter): readonly string[] {
  return typeof where === 'string' ? [where] : where;
}

/** `amount>100 and status=failed` is one condition, about a text. */
function severalText(filter: EventFilter): string {
  const isSeveral = conditionsOf(filter).some((each) => /\s(?:and|&&|,)\s+\S+\s*[=!<>~]/i.test(each));
  return isSeveral ? '; for several conditions give --where several times: all must match' : '';
}

/** What a replay would output, and how long it would take. */
export function dryRunLine({ durationMs, ...report }: DryRunReport, filter: EventFilter): string {
  if (report.events === 0) return emptyLine(report, filter, null);
  const missing = missingFieldsText(report);
  return [
    `${plural(report.events, 'event')} (${bytes(report.bytes)}) would be replayed`,
    sequences(report.firstSequence, report.lastSequence),
    `${formatTime(report.firstTime ?? 0)} to ${formatTime(report.lastTime ?? 0)}, a span of ${span(((report.lastTime ?? 0) - (report.firstTime ?? 0)) / 1000)}`,
    durationMs === null ? 'unthrottled' : `${span(durationMs)} at this speed`,
    `digest ${report.digest}`,
    ...(missing === null ? [] : [missing]),
  ].join('; ');
}
