/** Formats the report of a replay as text. */

import {
  type Completengine,
  type DryRunReport,
  formatHead,
  formatTime,
  type StreamReport,
  type TransferReport,
} from '../../index.ts';
import { type EventFilter, nothingFound, outsideText, severalText } from '../range/nothing-found.ts';
import { bytes, plural, rate, seconds, sequences, span } from '../terminal/format-numbers.ts';
import { missingFieldsText } from '../terminal/missing-fields-text.ts';
import type { ShownClock } from '../terminal/shown-clock.ts';

interface ReplayFacts {
  readonly filter: EventFilter;
  readonly clock: ShownClock;
}

/** Returns the result as one line. `isReaderGone`: it ended because the output pipe was closed, which may hold events that nobody has read. */
export async function replayLine(
  engine: Completengine,
  report: StreamReport | TransferReport,
  { filter, isReaderGone, clock }: ReplayFacts & { readonly isReaderGone: boolean },
): Promise<string> {
  const { resumedBehind = null } = report as Partial<TransferReport>;
  if (report.events === 0 && isReaderGone)
    return 'stopped early: the reader has gone, and has read a part of the first batch of events at most';
  if (report.events === 0) return emptyLine(engine, report, { filter, clock, resumedBehind });
  const parts = [
    `${plural(report.events, 'event')}${isReaderGone ? ' written' : ''} (${bytes(report.bytes)} in ${seconds(report.wallMs)}, ${rate(report.events, report.wallMs)})`,
    sequences(report.firstSequence, report.lastSequence),
    `${clock.text(formatTime(report.firstTime ?? 0))} to ${clock.text(formatTime(report.lastTime ?? 0))}`,
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
async function emptyLine(
  engine: Completengine,
  report: StreamReport,
  { filter, clock, resumedBehind }: ReplayFacts & { readonly resumedBehind: number | null },
): Promise<string> {
  const missing = missingFieldsText(report);
  if (!report.isComplete) return 'stopped early, before the first batch of events was taken whole';
  if (missing !== null) return `no events: ${missing}${severalText(filter)}`;
  return resumedBehind === null
    ? nothingFound(filter, await outsideText(engine, report.range, clock))
    : `nothing new: the target is complete through sequence ${resumedBehind}`;
}

/** What a replay would output, and how long it would take. */
export async function dryRunLine(
  engine: Completengine,
  { durationMs, ...report }: DryRunReport,
  { filter, clock }: ReplayFacts,
): Promise<string> {
  if (report.events === 0) return emptyLine(engine, report, { filter, clock, resumedBehind: null });
  const missing = missingFieldsText(report);
  return [
    `${plural(report.events, 'event')} (${bytes(report.bytes)}) would be replayed`,
    sequences(report.firstSequence, report.lastSequence),
    `${clock.text(formatTime(report.firstTime ?? 0))} to ${clock.text(formatTime(report.lastTime ?? 0))}, a span of ${span(((report.lastTime ?? 0) - (report.firstTime ?? 0)) / 1000)}`,
    durationMs === null ? 'unthrottled' : `${span(durationMs)} at this speed`,
    `digest ${report.digest}`,
    ...(missing === null ? [] : [missing]),
  ].join('; ');
}
