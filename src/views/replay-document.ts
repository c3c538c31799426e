/** Documents of `replay`: what was delivered, and what a dry run expects. */

import { type DryRunReport, type FixedRange, formatHead, type StreamReport, type TransferReport } from '../index.ts';
import { timeOrNull } from './times.ts';

/** A range as it was fixed. */
export interface RangeDocument extends Omit<FixedRange, 'fromTime' | 'throughTime' | 'headTime'> {
  /** First and last microsecond that were asked for; null: not bounded by a time. */
  readonly fromTime: string | null;
  readonly throughTime: string | null;
  /** Time of the last event of the ledger; null in an empty ledger. */
  readonly headTime: string | null;
}

export interface ReplayDocument extends Omit<StreamReport, 'firstTime' | 'lastTime' | 'fieldHints' | 'range'> {
  /** Ledger times of the first and the last event; null if nothing was delivered. */
  readonly firstTime: string | null;
  readonly lastTime: string | null;
  /** The range as it was fixed: empty if its `through` is before its `from`. A replay that follows goes on past it. */
  readonly range: RangeDocument;
  /** Only of a replay into a ledger: the sequence of the source through which the target already held it, or null. */
  readonly resumedBehind?: number | null;
  /** Only of a replay into a ledger: the head of the target, `SEQUENCE:HASH`. */
  readonly head?: string;
}

export interface DryRunDocument extends ReplayDocument {
  /** Duration at the requested speed; null if unthrottled. */
  readonly durationMs: number | null;
  /** Between the first and the last event; null without events. */
  readonly spanMs: number | null;
}

export function replayDocument(report: StreamReport | TransferReport): ReplayDocument {
  const { fieldHints: _, ...facts }: StreamReport = report;
  const document = {
    ...facts,
    firstTime: timeOrNull(report.firstTime),
    lastTime: timeOrNull(report.lastTime),
    range: rangeDocument(report.range),
  };
  return 'head' in report
    ? { ...document, resumedBehind: report.resumedBehind, head: formatHead(report.head) }
    : document;
}

function rangeDocument(range: FixedRange): RangeDocument {
  const { fromTime, throughTime, headTime } = range;
  return {
    ...range,
    fromTime: timeOrNull(fromTime),
    throughTime: timeOrNull(throughTime),
    headTime: timeOrNull(headTime),
  };
}

export function dryRunDocument(report: DryRunReport): DryRunDocument {
  const { firstTime, lastTime, durationMs } = report;
  const spanMs = firstTime === null || lastTime === null ? null : (lastTime - firstTime) / 1000;
  return { ...replayDocument(report), durationMs, spanMs };
}
