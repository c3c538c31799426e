/** Formats the last failed delivery of a partition: which event, how often, when, by whom, and why. */

import type { FailureDocument } from '../../views/group-document.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { plural } from '../terminal/format-numbers.ts';
import type { ShownClock } from '../terminal/shown-clock.ts';

interface FailedLane {
  readonly partition: string;
  readonly nextOffset: number;
  readonly attempts: number;
  readonly failure: FailureDocument | null;
}

/** `p0/12 (sequence 13): 3 failures, the last at 2026-04-12T08:30:00.000000Z by member m1: exit code 7`. Null if nothing has failed. */
export function failureText(
  { partition, nextOffset, attempts, failure }: FailedLane,
  clock: ShownClock,
): string | null {
  if (failure === null) return null;
  const event = failure.sequence === null ? '' : ` (sequence ${failure.sequence})`;
  const failures = attempts === 0 ? 'not delivered, tried' : `${plural(attempts, 'failure')}, the last`;
  const at = clock.text(failure.failedAt);
  const fact = `${partition}/${nextOffset}${event}: ${failures} at ${at} by member ${failure.member}`;
  return escapeForTerminal(`${fact}: ${failure.reason}`);
}
