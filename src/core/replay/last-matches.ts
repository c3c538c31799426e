/** Finds the last events that a filter keeps by searching backwards from the end: what precedes them is not read. */

import type { BatchPage } from '../model/events/event.ts';
import type { SequenceRange } from '../model/events/range.ts';
import { LedgerError } from '../model/ledger-error.ts';
import { acceptedRows, type EventPredicate } from './filter.ts';
import type { ReadRange } from './read-range.ts';
import { Turns } from './turns.ts';

/** Sequences examined per step: few at first because matches tend to be near, then more. Also bounds the memory. */
const WINDOW_FIRST = 4096;
const WINDOW_MAX = 1_048_576;
/** Matches farther apart than this become two ranges: some large commits lie between them. */
const GAP = 65_536;

/**
 * Ascending ranges that contain the last `count` matches of a range; fewer if there are not that many, or not since history was dropped.
 * @throws LedgerError ARCHIVE_MISSING if they may be in a segment that is not at hand
 */
export async function lastMatches(
  read: ReadRange,
  accepts: EventPredicate,
  { from, through }: SequenceRange,
  count: number,
  signal?: AbortSignal,
): Promise<SequenceRange[]> {
  let found: SequenceRange[] = [];
  let left = count;
  let end = through;
  for (
    let window = WINDOW_FIRST;
    end >= from && left > 0 && !signal?.aborted;
    window = Math.min(window * 2, WINDOW_MAX)
  ) {
    const start = Math.max(from, end - window + 1);
    const { sequences, gap } = await readableMatches(read, accepts, { from: start, through: end }, signal);
    const matches = sequences.slice(-left);
    found = [...runsOf(matches), ...found];
    left -= matches.length;
    end = start - 1;
    if (gap === null) continue;
    if (left > 0 && gap.code === 'ARCHIVE_MISSING') throw gap;
    return found;
  }
  return found;
}

/** The matches in the end of a range that can be read; `gap`: the error of what precedes it, null if all of the range can be read. */
async function readableMatches(
  read: ReadRange,
  accepts: EventPredicate,
  { from, through }: SequenceRange,
  signal: AbortSignal | undefined,
): Promise<{ readonly sequences: readonly number[]; readonly gap: LedgerError | null }> {
  let gap: LedgerError | null = null;
  for (let start = from; ; ) {
    try {
      if (start > through) return { sequences: [], gap };
      return { sequences: await matchesIn(read({ from: start, through }), accepts, signal), gap };
    } catch (error) {
      const next = sequenceBehind(error);
      if (next === null || next <= start) throw error;
      gap = error as LedgerError;
      start = next;
    }
  }
}

/** The first sequence that can be read after history that cannot; null for any other error. */
function sequenceBehind(error: unknown): number | null {
  if (!(error instanceof LedgerError) || !['ARCHIVE_MISSING', 'HISTORY_DROPPED'].includes(error.code)) return null;
  const { next } = error.details;
  return typeof next === 'number' ? next : null;
}

function runsOf(matches: readonly number[]): SequenceRange[] {
  const runs: SequenceRange[] = [];
  for (const sequence of matches) {
    const run = runs.at(-1);
    if (run !== undefined && sequence - run.through <= GAP)
      runs[runs.length - 1] = { from: run.from, through: sequence };
    else runs.push({ from: sequence, through: sequence });
  }
  return runs;
}

async function matchesIn(
  pages: AsyncIterable<BatchPage>,
  accepts: EventPredicate,
  signal?: AbortSignal,
): Promise<number[]> {
  const turns = new Turns();
  const matches: number[] = [];
  for await (const page of pages) {
    for (const batch of page) {
      const rows = await acceptedRows(batch, accepts, turns, signal);
      if (rows === null) return matches;
      for (const row of rows) matches.push(batch.sequences[row] as number);
    }
  }
  return matches;
}
