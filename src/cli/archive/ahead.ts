/** Finds out whether what an archive leaves is of the future: then an end such as `now` is before it. */

import { type ArchivePlan, type Completengine, formatTime, systemClock } from '../../index.ts';
import type { Ahead } from './archive-text.ts';

/** Null if nothing stays, or if the first event that stays is not ahead of the clock of this machine. */
export async function aheadOfClock(engine: Completengine, { range, keepsLast }: ArchivePlan): Promise<Ahead | null> {
  if (keepsLast) return null;
  const archived = range?.through ?? (await engine.archivedRuns()).at(-1)?.range.through ?? 0;
  const sequence = archived + 1;
  if (sequence > (await engine.head()).sequence) return null;
  const { time } = await engine.event(sequence);
  const ms = (time - systemClock.nowMicros()) / 1000;
  return ms <= 0 ? null : { sequence, time: formatTime(time), ms };
}
