/**
 * The eye, the scheduler: whom to feed next and how much, a pure function over what is known of every consumer and its lanes. It reads no clock and no
 * file, so that whoever feeds consumers as they come and whoever replays at a pace ask it alike. Times are on the clock of `now`, whatever its unit.
 */

/** A sequence of events that one consumer gets in order: a partition of a group, the whole ledger, or a page of history. */
export interface LaneView {
  /** Events that wait. */
  readonly lag: number;
  /** A delivery is in hand: the next one waits for it, or the order would be lost. */
  readonly isBusy: boolean;
  /** End of the right to it; infinite where none is needed. */
  readonly heldUntil: number;
  /** Nothing before this time: a failed delivery is backing off, or the pace of a replay has not come there. */
  readonly dueAt: number;
  /** Most events at once. */
  readonly limit: number;
  /** When it was fed last, counted in feeds; 0: never. */
  readonly lastFed: number;
}

export interface ConsumerView {
  /** Events it can still take in hand. */
  readonly capacity: number;
  /** Deliveries it can still take in hand. */
  readonly slots: number;
  readonly lanes: readonly LaneView[];
}

/** Places in the lists that were given. */
interface Feed {
  readonly consumer: number;
  readonly lane: number;
  readonly events: number;
}

export interface Decision {
  /** Those who have waited longest first, whichever group they are of. */
  readonly feeds: readonly Feed[];
  /** When to look again though nothing has happened; null: no need. */
  readonly wakeAt: number | null;
}

/** Every consumer's capacity is its own, so one that has none left takes nothing from another. */
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
    // what a lane with little to tell leaves over is there for those behind it
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

/** The next end of a pause; leases are renewed by those who hold them, and everything else comes with a call: who has no room says when there is. */
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
