/** The document of late events: those that carry an earlier time than the one they are recorded at. */

import type { LateEvents } from '../index.ts';

export interface LateDocument {
  /** Events that were read to find late ones: all, or a sample that is spread evenly. */
  readonly examined: number;
  readonly isSample: boolean;
  /** Late ones among them. */
  readonly events: number;
  readonly worstMs: number;
}

export function lateDocument({ examined, isSample, late, latenessMax }: LateEvents): LateDocument {
  return { examined, isSample, events: late, worstMs: latenessMax / 1000 };
}
