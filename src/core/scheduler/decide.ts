/**
 * The eye, the scheduler: decides who is fed next, and how much. A pure function over due times, capacity and lease: it reads no clock and no file,
 * so that whoever replays and whoever feeds consumers as they come can ask it alike.
 */

/** A consumer and what waits for it. All times are on the clock of `now`. */
export interface Lane {
  /** When each event is due, never decreasing. */
  readonly dues: Float64Array;
  /** How many of them it has been fed. */
  readonly fed: number;
  /** How many more it takes now; Infinity where it says so by not returning. */
  readonly capacity: number;
  /** Until when it may be fed; null where nobody else could feed it. */
  readonly leaseUntil: number | null;
}

interface Feeding {
  /** Index of the lane. */
  readonly lane: number;
  readonly count: number;
}

export interface Decision {
  /** The one that has waited longest comes first; none of them before its due time. */
  readonly feedings: readonly Feeding[];
  /** When to decide again though nothing has changed; null: only a change of capacity or lease, or a new event, makes a difference. */
  readonly wakeAt: number | null;
}

export function decide(lanes: readonly Lane[], now: number): Decision {
  const feedings: (Feeding & { due: number })[] = [];
  let wakeAt: number | null = null;
  for (const [at, lane] of lanes.entries()) {
    const room = isFit(lane, now) ? lane.capacity : 0;
    if (room <= 0 || lane.fed >= lane.dues.length) continue;
    const count = Math.min(countDue(lane, now), room);
    if (count > 0) feedings.push({ lane: at, count, due: lane.dues[lane.fed] as number });
    const next = lane.dues[lane.fed + count];
    if (count < room && next !== undefined && (wakeAt === null || next < wakeAt)) wakeAt = next;
  }
  feedings.sort((one, other) => one.due - other.due || one.lane - other.lane);
  return { feedings: feedings.map(({ lane, count }) => ({ lane, count })), wakeAt };
}

/** Whether its member still holds it: what is fed to a lane that was lost would be fed twice. */
function isFit({ leaseUntil }: Lane, now: number): boolean {
  return leaseUntil === null || now < leaseUntil;
}

/** How many of the events not fed are due, by bisection. */
function countDue({ dues, fed }: Lane, now: number): number {
  let low = fed;
  let high = dues.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((dues[middle] as number) <= now) low = middle + 1;
    else high = middle;
  }
  return low - fed;
}
