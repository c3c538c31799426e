/** Resolves a requested start position to a sequence. */

import type { History } from '../model/events/history.ts';
import { inOption, invalidArgument } from '../model/ledger-error.ts';
import type { Micros } from '../model/time/time.ts';
import type { TimeContext, TimeInput } from '../model/time/time-expression.ts';
import { timeZone } from '../model/time/time-zone.ts';
import { readRangeTime } from './range-time.ts';

/** `start`, `end`, or a time such as `2026-04-12`, `2026-04-12T09:00:00Z`, `-1h` or a Date. A sequence is no start point: it has an option of its own. */
export type StartPoint = TimeInput;

/** Where a reader begins: a start point, or a sequence. */
export interface StartRequest {
  /** `start`, `end`, or a time, inclusive. */
  readonly from?: StartPoint | undefined;
  /** Sequence, inclusive, 1-based. */
  readonly fromSequence?: number | undefined;
}

/** Start position of a reader. */
export interface Start {
  /** First sequence. A sequence that does not exist yet is kept as it is; a time after the head's means head + 1. */
  readonly sequence: number;
  /** First microsecond of the start, if a time was requested. */
  readonly time: Micros | null;
}

/** `otherwise`: the start if none is requested. @throws LedgerError INVALID_ARGUMENT, INVALID_TIME */
export async function readStart(
  { from, fromSequence }: StartRequest,
  otherwise: 'start' | 'end',
  history: History,
  context: TimeContext,
): Promise<Start> {
  // an invalid zone is an error even if no time needs it
  await inOption('zone', () => timeZone(context.zone));
  if (from !== undefined && fromSequence !== undefined)
    throw invalidArgument('a range with two starts', 'give one of `from` and `fromSequence`', 'from', 'fromSequence');
  if (fromSequence !== undefined) return { sequence: checkedSequence('fromSequence', fromSequence), time: null };
  const point = from ?? otherwise;
  if (point === 'start') return { sequence: await history.firstSequence(), time: null };
  if (point === 'end') return { sequence: (await history.head()).sequence + 1, time: null };
  const { first } = await readRangeTime('from', point, context);
  return { sequence: await history.sequenceAtTime(first), time: first };
}

/** History of which some may have been dropped. */
export interface KeptHistory extends History {
  /** @throws LedgerError HISTORY_DROPPED if an event with this sequence or a later one was dropped */
  checkKept(sequence: number): Promise<void>;
}

/**
 * As {@link readStart}, for readers that cannot wait for a sequence: one that does not exist yet means the end. The start
 * is the first event that was not dropped; a sequence or a time before it is refused, because events would be missing.
 * @throws LedgerError HISTORY_DROPPED, and as {@link readStart} does
 */
export async function resolveStart(
  request: StartRequest,
  otherwise: 'start' | 'end',
  history: KeptHistory,
  context: TimeContext,
): Promise<number> {
  const { sequence } = await readStart(request, otherwise, history, context);
  const isStart = request.fromSequence === undefined && (request.from ?? otherwise) === 'start';
  if (!isStart) await history.checkKept(sequence);
  return Math.min(sequence, (await history.head()).sequence + 1);
}

/** @throws LedgerError INVALID_ARGUMENT */
export function checkedSequence(option: string, sequence: number): number {
  if (Number.isSafeInteger(sequence) && sequence >= 1) return sequence;
  throw invalidArgument(`${sequence} is not a sequence`, 'sequences are whole numbers from 1', option);
}
