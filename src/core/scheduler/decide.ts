/**
 * Decides which lane to feed next and how much: a pure function over the views of all consumers. It reads no clock and
 * no file, so live delivery and paced replay share it. Times are on the clock of `now`, in any unit.
 */

/** Events that one consumer gets in order: a partition of a group, the whole ledger, or a page of history. */
export interface LaneView {
  /** Events not delivered yet. */
  readonly lag: number;
  /** A delivery is in progress: the next one waits for it to keep the order. */
  readonly isBusy: boolean;
  /** End of the lease; infinite if none is needed. */
  readonly heldUntil: number;
  /**
   * Earliest time of the next delivery: a failed delivery is backing off, or the pace of a replay has not reached it.
   */
  readonly dueAt: number;
  /** Most events of one delivery. */
  readonly limit: number;
  /** Number of the feed that served it last; 0: never. */
  readonly lastFed: number;
}

export interface ConsumerView {
  /** How many more events it can take. */
  readonly capacity: number;
  /** How many more deliveries it can take. */
  readonly slots: number;
  readonly lanes: readonly LaneView[];
}

/** Indexes into the lists passed to `decide`. */
interface Feed {
  readonly consumer: number;
  readonly lane: number;
  readonly events: number;
}

export interface Decision {
  /** Longest-waiting lanes first, across all groups. */
  readonly feeds: readonly Feed[];
  /** Time of the next decision if nothing happens before; null: none needed. */
  readonly wakeAt: number | null;
}

/** Capacity is per consumer, so an exhausted consumer takes nothing from another. */
export function decide(consumers: readonly ConsumerView[], now: number): Decision {
  const feeds = consumers.flatMap((view, consumer) => feedsOf(view, consumer, now));
  const lastFed = ({ consumer, lane }: Feed): number => consumers[consumer]?.lanes[lane]?.lastFed ?? 0;
  feeds.sort((one, other) => lastFed(one) - lastFed(other));
  return { feeds, wakeAt: wakeTime(consumers, now) };
}

function feedsOf({ capacity, slots, lanes }: ConsumerView, consumer: number, now: number): Feed[] {
  const fit = lanes.map((view, lane) => ({ view, lane })).filter(({ view }) => isFit(view, now));
  fit.sort((one, other) => one.view.lastFed - other.view.lastFed);
  const chosen = fit.slice(0, Math.max(0, Math.min(slots, capacity)));
  const feeds: Feed[] = [];
  let left = capacity;
  for (const [at, { view, lane }] of chosen.entries()) {
    // what a lane with few events leaves over goes to the lanes after it
    const share = Math.max(1, Math.floor(left / (chosen.length - at)));
    const events = Math.min(view.lag, view.limit, share);
    feeds.push({ consumer, lane, events });
    left -= events;
  }
  return feeds;
}

function isFit({ lag, isBusy, heldUntil, dueAt }: LaneView, now: number): boolean {
  return lag > 0 && !isBusy && heldUntil > now && dueAt <= now;
}

/**
 * Earliest end of a pause. Nothing else needs a timer: members renew their own leases, and a consumer that gains room
 * calls `wake`.
 */
function wakeTime(consumers: readonly ConsumerView[], now: number): number | null {
  let wakeAt: number | null = null;
  for (const { capacity, slots, lanes } of consumers) {
    if (capacity <= 0 || slots <= 0) continue;
    for (const { lag, isBusy, dueAt } of lanes) {
      if (lag > 0 && !isBusy && dueAt > now && (wakeAt === null || dueAt < wakeAt)) wakeAt = dueAt;
    }
  }
  return wakeAt;
}
