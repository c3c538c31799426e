/** A page of history as the scheduler sees it: a lane whose events become due one after the other. */

import type { LaneView } from '../decide.ts';

/** `dues`: when each event is due, never decreasing; `fed`: how many of them were delivered, fewer than all. */
export function pacedLane(dues: Float64Array, fed: number, now: number): LaneView {
  return {
    lag: dues.length - fed,
    isBusy: false,
    heldUntil: Number.POSITIVE_INFINITY,
    dueAt: dues[fed] as number,
    limit: countDue(dues, fed, now),
    lastFed: 0,
  };
}

/** Number of undelivered events that are due, by bisection. */
function countDue(dues: Float64Array, fed: number, now: number): number {
  let low = fed;
  let high = dues.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((dues[middle] as number) <= now) low = middle + 1;
    else high = middle;
  }
  return low - fed;
}
