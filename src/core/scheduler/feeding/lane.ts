/** One leased partition as its member knows it: where it stands, how it fares, and whether it is to be given up. */

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
  /** Events up to here are told singly: one of a batch has failed, and it is not known which. */
  singlyUntil = 0;
  /** Offset behind the last event there is. */
  end = 0;
  dueAt: Micros = Number.NEGATIVE_INFINITY;
  /** Who takes up where another has failed or died begins with one event and doubles: a deadly one is found in few deaths. */
  #most: number;
  #pausedAt: Micros = Number.NEGATIVE_INFINITY;
  lastFed = 0;
  isBusy = false;
  /** Another member waits for it. */
  isSurplus = false;
  /** Parked events of it wait to be delivered again. */
  hasDue = false;

  constructor({ partition, token, nextOffset, nextSequence, attempts }: Lease) {
    this.partition = partition;
    this.token = token;
    this.nextOffset = nextOffset;
    this.nextSequence = nextSequence;
    this.attempts = attempts;
    this.#most = attempts > 0 ? 1 : Number.POSITIVE_INFINITY;
  }

  /** `stopAt`: offset it is not told beyond. */
  view(heldUntil: Micros, limit: number, stopAt: number): LaneView {
    const isSingle = this.hasDue || this.attempts > 0 || this.nextOffset < this.singlyUntil;
    return {
      lag: Math.max(this.lag(stopAt), this.hasDue ? 1 : 0),
      isBusy: this.isBusy,
      heldUntil: this.isSurplus ? Number.NEGATIVE_INFINITY : heldUntil,
      dueAt: this.dueAt,
      limit: isSingle ? 1 : Math.min(limit, this.#most),
      lastFed: this.lastFed,
    };
  }

  /** Nothing of it for so long. */
  pause(now: Micros, length: Micros): void {
    this.#pausedAt = now;
    this.dueAt = now + length;
  }

  /** Where the clock was set back, a pause begins anew: it would last until the clock has come there again. */
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
    this.#most *= 2;
    this.dueAt = Number.NEGATIVE_INFINITY;
    this.#pausedAt = Number.NEGATIVE_INFINITY;
  }
}
