/** Resolves a requested range to sequences, once, when a replay starts: no later commit can enter it. */

import type { History } from '../model/events/history.ts';
import type { SequenceRange } from '../model/events/range.ts';
import { invalidArgument, LedgerError } from '../model/ledger-error.ts';
import { formatTime, type Micros } from '../model/time/time.ts';
import { readTimeExpression, type TimeContext, type TimeInput } from '../model/time/time-expression.ts';
import { readTimeInterval, type TimeInterval } from '../model/time/time-interval.ts';
import { timeZone } from '../model/time/time-zone.ts';

/**
 * All ends are optional, and a range may be empty. A date as `from` means its first microsecond, as `through` its last.
 */
export interface RangeRequest {
  /**
   * Both ends at once: a day (`2026-04-12`, `yesterday`), or an ISO interval such as `2026-04-12T09:00Z/PT8H30M`, its
   * end exclusive.
   */
  readonly range?: string | undefined;
  /** Time, inclusive. */
  readonly from?: TimeInput | undefined;
  /** Time, inclusive. */
  readonly through?: TimeInput | undefined;
  /** Time, exclusive. */
  readonly until?: TimeInput | undefined;
  /** Sequence, inclusive, 1-based. */
  readonly fromSequence?: number | undefined;
  /** Sequence, inclusive. */
  readonly throughSequence?: number | undefined;
}

/** @throws LedgerError INVALID_RANGE, INVALID_TIME, INVALID_ARGUMENT */
export async function resolveRange(
  request: RangeRequest,
  history: History,
  context: TimeContext,
): Promise<SequenceRange> {
  checkEnds(request);
  const { first, last } = await readTimes(request, context);
  const head = await history.head();
  const from =
    first === null ? (request.fromSequence ?? (await history.firstSequence())) : await history.sequenceAtTime(first);
  const through =
    last === null ? (request.throughSequence ?? head.sequence) : (await history.sequenceAtTime(last + 1)) - 1;
  return { from, through: Math.min(through, head.sequence) };
}

/** Whether the request names an end: a stream that follows has none. */
export function hasEnd(request: RangeRequest): boolean {
  const { range, through, until, throughSequence } = request;
  return (
    [through, until, throughSequence].some((end) => end !== undefined) ||
    (range !== undefined && !range.trim().endsWith('/..'))
  );
}

async function readTimes(request: RangeRequest, context: TimeContext): Promise<TimeInterval> {
  // an invalid zone is an error even if no time needs it
  await timeZone(context.zone);
  if (request.range !== undefined) return readTimeInterval(request.range, context);
  const first = request.from === undefined ? null : (await readTimeExpression(request.from, context)).first;
  const last = await lastTime(request, context);
  checkOrder(first, last, request);
  return { first, last };
}

/** An exclusive end may equal the start: the range is empty. */
function checkOrder(first: Micros | null, last: Micros | null, { until }: RangeRequest): void {
  if (first === null || last === null) return;
  if (until === undefined && first > last)
    throw inverted(`--from ${formatTime(first)} is after --through ${formatTime(last)}`);
  if (until !== undefined) checkUntil('from', first, last + 1);
}

/** `end`: exclusive. @throws LedgerError INVALID_RANGE if it precedes the start */
export function checkUntil(name: 'from' | 'since', start: Micros, end: Micros): void {
  if (start > end) throw inverted(`--${name} ${formatTime(start)} is after --until ${formatTime(end)}`);
}

/** Last microsecond of the range; null if time does not end it. */
async function lastTime(request: RangeRequest, context: TimeContext): Promise<Micros | null> {
  if (request.through !== undefined) return (await readTimeExpression(request.through, context)).last;
  if (request.until !== undefined) return (await readTimeExpression(request.until, context)).first - 1;
  return null;
}

function checkEnds(request: RangeRequest): void {
  const starts = [request.range, request.from, request.fromSequence].filter((end) => end !== undefined);
  const ends = [request.range, request.through, request.until, request.throughSequence].filter(
    (end) => end !== undefined,
  );
  if (starts.length > 1 || ends.length > 1) {
    throw invalidArgument(
      `a range with ${starts.length > 1 ? 'two starts' : 'two ends'}`,
      'give a range by itself, or one of --from and --from-sequence and one of --through, --until and --through-sequence',
    );
  }
  for (const sequence of [request.fromSequence, request.throughSequence]) {
    if (sequence === undefined || (Number.isSafeInteger(sequence) && sequence >= 1)) continue;
    throw invalidArgument(`${sequence} is not a sequence`, 'sequences are whole numbers from 1');
  }
  const { fromSequence, throughSequence } = request;
  if (fromSequence !== undefined && throughSequence !== undefined && fromSequence > throughSequence)
    throw inverted(`--from-sequence ${fromSequence} is after --through-sequence ${throughSequence}`);
}

function inverted(fact: string): LedgerError {
  return new LedgerError('INVALID_RANGE', { message: fact, hint: 'swap them' });
}
