/** Records the delays that timers are set to. */

import { onTestFinished, vi } from 'vitest';

/** A longer delay overflows: Node then fires the timer at once. */
export const DELAY_MS_MAX = 2 ** 31 - 1;

/** Returns a function that lists the delays, in milliseconds, of all calls of `setTimeout` until then. */
export function recordedDelays(): () => number[] {
  const spy = vi.spyOn(globalThis, 'setTimeout');
  onTestFinished(() => spy.mockRestore());
  return () => spy.mock.calls.map(([, ms = 0]) => ms);
}
