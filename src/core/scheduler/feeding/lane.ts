/** One leased partition as its member sees it: position, failures, pauses, and whether it is to be released. */

import type { Lease } from '../../model/group.ts';
import type { PartitionId } from '../../model/routing/partition.ts';
import type { Micros } from '../../model/time/time.ts';
import type { LaneView } from '../decide.ts';

export class Lane {
  readonly partition: PartitionId;
  readonly token: number;
  nextOffset: number;
  nextSequence: number;
  /** Failed deliveries of the next event. */
  attempts: number;
  /** Deliver one at a time below this offset: an event of the last batch failed, and it is unknown which. */
  singlyUntil = 0;
  /** End offset of the partition, exclusive. */
  end = 0;
  dueAt: Micros = Number.NEGATIVE_INFINITY;
  /** After a failure or takeover batches start at 1 and double, so a poison event costs few crashes. */
  #batchMax: number;
  #pausedAt: Micros = Number.NEGATIVE_INFINITY;
  lastFed = 0;
  isBusy = false;
  /** Another member waits for this partition. */
  isSurplus = false;
  /** Some parked events of this partition wait for redelivery. */
  hasDue = false;

  constructor({ partition, token, nextOffset, nextSequence, attempts }: Lease) {
    this.partition = partition;
    this.token = token;
    this.nextOffset = nextOffset;
    this.nextSequence = nextSequence;
    this.attempts = attempts;
    this.#batchMax = attempts > 0 ? 1 : Number.POSITIVE_INFINITY;
  }

  /** `stopAt`: end offset of delivery, exclusive. `isTaken`: a delivery of its partition is in progress under another lease. */
  view(heldUntil: Micros, limit: number, stopAt: number, isTaken: boolean): LaneView {
    const isSingle = this.hasDue || this.attempts > 0 || this.nextOffset < this.singlyUntil;
    return {
      lag: Math.max(this.lag(stopAt), this.hasDue ? 1 : 0),
      isBusy: this.isBusy || isTaken,
      heldUntil: this.isSurplus ? Number.NEGATIVE_INFINITY : heldUntil,
      dueAt: this.dueAt,
      limit: isSingle ? 1 : Math.min(limit, this.#batchMax),
      lastFed: this.lastFed,
    };
  }

  /** Delivers nothing for `length` from `now` on. */
  pause(now: Micros, length: Micros): void {
    this.#pausedAt = now;
    this.dueAt = now + length;
  }

  /** Restarts a pause after the clock was set back: it would otherwise last until the clock catches up. */
  followClock(now: Micros): void {
    if (now < this.#pausedAt) this.pause(now, this.dueAt - this.#pausedAt);
  }

  lag(stopAt: number): number {
    return Math.max(0, Math.min(this.end, stopAt) - this.nextOffset);
  }

  moveTo(nextOffset: number, nextSequence: number): void {
    this.nextOffset = nextOffset;
    this.nextSequence = nextSequence;
    this.attempts = 0;
    this.#batchMax *= 2;
    this.dueAt = Number.NEGATIVE_INFINITY;
    this.#pausedAt = Number.NEGATIVE_INFINITY;
  }
}
