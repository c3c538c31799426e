/** Reads the timeline of a ledger, as a document and as text for a terminal. */

import type { Completengine } from '../../index.ts';
import { type TimelineDocument, timelineDocument } from '../../views/timeline-document.ts';
import type { ShownClock } from '../terminal/shown-clock.ts';
import { plotColumns, timelineText, type Window } from './timeline-text.ts';

/** `window`: of the terminal; null if no text is wanted. */
export async function timelineOf(
  engine: Completengine,
  window: Window | null,
  clock: ShownClock,
  signal: AbortSignal,
): Promise<{ document: TimelineDocument; text: string | null }> {
  const bucketsMax = window === null ? undefined : plotColumns(window);
  const document = timelineDocument(await engine.survey({ bucketsMax, signal }));
  if (window === null) return { document, text: null };
  const { timeTicks } = await import('../plate/drawing.ts');
  return { document, text: timelineText(document, window, timeTicks, clock) };
}
