/** The end of history, and what comes: the last events, or those from a place on, up to now, up to a time, or until there is silence. */

import type { EventBatch } from '../model/event.ts';
import type { History } from '../model/history.ts';
import { invalidArgument } from '../model/ledger-error.ts';
import { readTimeExpression, type TimeContext } from '../model/time-expression.ts';
import { resolveStart, type StartPoint } from './resolve-start.ts';
import { type BatchPage, type Retelling, retell } from './retell.ts';

export interface TailRequest {
  /** How many of the last events to begin with, of those in the range where there is one. Default 10, and all of a range. */
  readonly last?: number | undefined;
  /** Where to begin. */
  readonly from?: StartPoint | undefined;
  /** Time to begin at, inclusive. */
  readonly since?: string | undefined;
  /** Time to end at, exclusive. */
  readonly until?: string | undefined;
  /** Go on with what comes, until the signal aborts. */
  readonly follow?: boolean | undefined;
  /** Go on with what comes, until there was nothing for so long. */
  readonly idleMs?: number | undefined;
  /** Tell so many events at most. */
  readonly count?: number | undefined;
}

const LAST = 10;

/** `grown` resolves when there is something behind a sequence, or the signal aborts. @throws LedgerError INVALID_ARGUMENT, INVALID_TIME */
export async function* tellTail(
  history: History,
  request: TailRequest,
  reading: Omit<Retelling, 'range'>,
  { grown, ...context }: TimeContext & { grown(sequence: number, signal?: AbortSignal): Promise<void> },
): AsyncGenerator<BatchPage, void, undefined> {
  if (request.from !== undefined && request.since !== undefined) throw invalidArgument('a tail with two starts', 'give one of from and since');
  const end = await endOf(request, history, context);
  const isFollowing = request.follow === true || request.idleMs !== undefined;
  let next = await startOf(request, history, { ...context, partitions: reading.partitions, through: (await end()).through });
  let left = request.count ?? Number.POSITIVE_INFINITY;
  let toldAt = performance.now();
  while (!reading.signal?.aborted) {
    const { through, isFinal } = await end();
    if (through >= next) {
      for await (const page of retell(history, { ...reading, range: { from: next, through } })) {
        const told = firstOf(page, left);
        yield told;
        left -= told.reduce((sum, { count }) => sum + count, 0);
        if (left <= 0) return;
        // commits to other partitions are silence too
        if (told.some(({ count }) => count > 0)) toldAt = performance.now();
      }
      next = through + 1;
    }
    if (!isFollowing || isFinal) return;
    const patience = request.idleMs === undefined ? undefined : request.idleMs - (performance.now() - toldAt);
    if (patience !== undefined && patience <= 0) return;
    await waitFor((signal) => grown(next - 1, signal), reading.signal, patience);
  }
}

type End = () => Promise<{ readonly through: number; readonly isFinal: boolean }>;

/** How far the range reaches by now, and whether that is all it ever will. */
async function endOf({ until }: TailRequest, history: History, context: TimeContext): Promise<End> {
  if (until === undefined) return async () => ({ through: (await history.head()).sequence, isFinal: false });
  const time = (await readTimeExpression(until, context)).first;
  return async () => {
    const beyond = await history.sequenceAtTime(time);
    const { sequence } = await history.head();
    return { through: Math.min(beyond - 1, sequence), isFinal: beyond <= sequence };
  };
}

async function startOf(
  { from, since, until, last }: TailRequest,
  history: History,
  { partitions, through, ...context }: TimeContext & Pick<Retelling, 'partitions'> & { readonly through: number },
): Promise<number> {
  const hasRange = from !== undefined || since !== undefined || until !== undefined;
  const start =
    since === undefined
      ? await resolveStart(from ?? 'start', history, context)
      : await history.sequenceAtTime((await readTimeExpression(since, context)).first);
  const count = last ?? (hasRange ? Number.MAX_SAFE_INTEGER : LAST);
  if (count === Number.MAX_SAFE_INTEGER) return start;
  if (count === 0) return Math.max(start, through + 1);
  return Math.max(start, await history.sequenceOfLast(count, partitions, through));
}

/** The first events of a page, as many as are wanted. */
function firstOf(page: BatchPage, wanted: number): BatchPage {
  if (wanted === Number.POSITIVE_INFINITY) return page;
  const told: EventBatch[] = [];
  let left = wanted;
  for (const batch of page) {
    if (left <= 0) break;
    told.push(batch.slice(0, Math.min(left, batch.count)));
    left -= batch.count;
  }
  return told;
}

async function waitFor(wait: (signal?: AbortSignal) => Promise<void>, signal: AbortSignal | undefined, patienceMs: number | undefined): Promise<void> {
  if (patienceMs === undefined) return wait(signal);
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), patienceMs);
  try {
    await wait(signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal]));
  } finally {
    clearTimeout(timer);
  }
}
