/** Resolves a requested range to sequences: once for a replay, which no later commit can enter, and again and again for a tail. */

import type { Head } from '../model/events/head.ts';
import type { History } from '../model/events/history.ts';
import type { FixedRange } from '../model/events/range.ts';
import { inOption, invalidArgument, LedgerError, namedOptions } from '../model/ledger-error.ts';
import { formatTime, type Micros } from '../model/time/time.ts';
import type { TimeContext, TimeInput } from '../model/time/time-expression.ts';
import { readTimeInterval } from '../model/time/time-interval.ts';
import { timeZone } from '../model/time/time-zone.ts';
import { readRangeTime } from './range-time.ts';
import { checkedSequence, readStart, type Start, type StartRequest } from './resolve-start.ts';

/** The end of a range. At most one of them is given; without one the range reaches to the head. */
export interface EndRequest {
  /** Time, inclusive: a date means all of its day. */
  readonly through?: TimeInput | undefined;
  /** Time, exclusive. */
  readonly until?: TimeInput | undefined;
  /** Sequence, inclusive. */
  readonly throughSequence?: number | undefined;
}

/**
 * All ends are optional, and a range may be empty. A date as `from` means its first microsecond, as `through` its last.
 */
export interface RangeRequest extends StartRequest, EndRequest {
  /**
   * Both ends at once: a day (`2026-04-12`, `yesterday`), or an ISO interval such as `2026-04-12T09:00Z/PT8H30M`, its
   * end exclusive.
   */
  readonly range?: string | undefined;
  /** Most events to deliver: the first ones of the range that the filter accepts. */
  readonly limit?: number | undefined;
}

/** A requested range, its times read. */
export interface RangeBounds {
  readonly start: Start;
  readonly end: RangeEnd;
}

/** Null: not bounded by it. */
export interface RangeEnd {
  /** Last microsecond. */
  readonly time: Micros | null;
  readonly sequence: number | null;
}

/** @throws LedgerError INVALID_RANGE, INVALID_TIME, INVALID_ARGUMENT */
export async function resolveRange(request: RangeRequest, history: History, context: TimeContext): Promise<FixedRange> {
  const bounds = await readBounds(request, history, context);
  return fixedRange(bounds, await reachOf(bounds.end, history));
}

export function fixedRange({ start, end }: RangeBounds, { through, head }: Reach): FixedRange {
  return {
    from: start.sequence,
    through,
    fromTime: start.time,
    throughTime: end.time,
    head: head.sequence,
    headTime: head.sequence === 0 ? null : head.time,
  };
}

/** Whether the request names an end: a stream that follows has none. */
export function hasEnd({ range, ...end }: RangeRequest): boolean {
  return hasNamedEnd(end) || (range !== undefined && !range.trim().endsWith('/..'));
}

export function hasNamedEnd({ through, until, throughSequence }: EndRequest): boolean {
  return [through, until, throughSequence].some((end) => end !== undefined);
}

/** @throws LedgerError INVALID_RANGE, INVALID_TIME, INVALID_ARGUMENT */
export async function readBounds(request: RangeRequest, history: History, context: TimeContext): Promise<RangeBounds> {
  checkEnds(request);
  // an invalid zone is an error even if no time needs it
  await inOption('zone', () => timeZone(context.zone));
  const { range } = request;
  if (range !== undefined) {
    const { first, last } = await inOption('range', () => readTimeInterval(range, context));
    const sequence = first === null ? await history.firstSequence() : await history.sequenceAtTime(first);
    return { start: { sequence, time: first }, end: { time: last, sequence: null } };
  }
  const start = await readStart(request, 'start', history, context);
  const end = await readEnd(request, context);
  checkOrder(request, start.time, end.time);
  return { start, end };
}

/** @throws LedgerError INVALID_TIME, INVALID_ARGUMENT */
export async function readEnd(
  { through, until, throughSequence }: EndRequest,
  context: TimeContext,
): Promise<RangeEnd> {
  if ([through, until, throughSequence].filter((end) => end !== undefined).length > 1)
    throw twoEnds({ through, until, throughSequence });
  const sequence = throughSequence === undefined ? null : checkedSequence('throughSequence', throughSequence);
  if (through !== undefined) return { time: (await readRangeTime('through', through, context)).last, sequence };
  if (until !== undefined) return { time: (await readRangeTime('until', until, context)).first - 1, sequence };
  return { time: null, sequence };
}

/** How far an end reaches now. */
export interface Reach {
  /** Last sequence. */
  readonly through: number;
  /** `false` while events may still come before the end. */
  readonly isFinal: boolean;
  readonly head: Head;
}

export async function reachOf(end: RangeEnd, history: History): Promise<Reach> {
  // the head first: an event that is committed between the two reads would otherwise look like one after the end
  const head = await history.head();
  const beyond = end.time === null ? Number.POSITIVE_INFINITY : await history.sequenceAtTime(end.time + 1);
  const last = Math.min(beyond - 1, end.sequence ?? Number.POSITIVE_INFINITY);
  return {
    through: Math.min(last, head.sequence),
    isFinal: beyond <= head.sequence || (end.sequence ?? Number.POSITIVE_INFINITY) <= head.sequence,
    head,
  };
}

function checkEnds(request: RangeRequest): void {
  const { range, from, fromSequence, throughSequence } = request;
  const starts = [range, from, fromSequence].filter((start) => start !== undefined);
  if (starts.length > 1)
    throw invalidArgument('a range with two starts', HINT, ...givenOf({ range, from, fromSequence }));
  if (range !== undefined && hasNamedEnd(request)) throw twoEnds(request);
  if (fromSequence === undefined || throughSequence === undefined) return;
  if (checkedSequence('fromSequence', fromSequence) > checkedSequence('throughSequence', throughSequence))
    throw inverted(
      `\`fromSequence\` ${fromSequence} is after \`throughSequence\` ${throughSequence}`,
      'fromSequence',
      'throughSequence',
    );
}

/** An exclusive end may equal the start: the range is empty. */
function checkOrder({ until }: RangeRequest, first: Micros | null, last: Micros | null): void {
  if (first === null || last === null) return;
  if (until === undefined && first > last)
    throw inverted(`\`from\` ${formatTime(first)} is after \`through\` ${formatTime(last)}`, 'from', 'through');
  if (until !== undefined && first > last + 1)
    throw inverted(`\`from\` ${formatTime(first)} is after \`until\` ${formatTime(last + 1)}`, 'from', 'until');
}

const HINT =
  'give a range by itself, or one of `from` and `fromSequence` and one of `through`, `until` and `throughSequence`';

function twoEnds({ range, through, until, throughSequence }: RangeRequest): LedgerError {
  return invalidArgument('a range with two ends', HINT, ...givenOf({ range, through, until, throughSequence }));
}

function givenOf(options: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(options).filter((name) => options[name] !== undefined);
}

function inverted(fact: string, ...options: readonly string[]): LedgerError {
  return new LedgerError('INVALID_RANGE', { message: fact, hint: 'swap them', details: namedOptions(options) });
}
