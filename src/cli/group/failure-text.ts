/** Formats the last failed delivery of a partition: which event, how often, when, by whom, and why. */

import type { FailureDocument } from '../../views/group-document.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { plural } from '../terminal/format-numbers.ts';

interface FailedLane {
  readonly partition: string;
  readonly nextOffset: number;
  readonly attempts: number;
  readonly failure: FailureDocument | null;
}

/** `p0/12 (sequence 13): 3 failures, the last at 2026-04-12T08:30:00.000000Z by member m1: exit code 7`. Null if nothing has failed. */
export function failureText({ partition, nextOffset, attempts, failure }: FailedLane): string | null {
  if (failure === null) return null;
  const event = failure.sequence === null ? '' : ` (sequence ${failure.sequence})`;
  const failures = attempts === 0 ? 'not delivered, tried' : `${plural(attempts, 'failure')}, the last`;
  const fact = `${partition}/${nextOffset}${event}: ${failures} at ${failure.failedAt} by member ${failure.member}`;
  return escapeForTerminal(`${fact}: ${failure.reason}`);
}
