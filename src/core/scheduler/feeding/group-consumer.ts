/**
 * A member of a group: reports its free capacity, delivers from the lanes it holds, and closes when its end condition
 * is met.
 */

import type { LanePosition } from '../../model/group.ts';
import type { PartitionId } from '../../model/routing/partition.ts';
import type { Clock } from '../../model/time/clock.ts';
import type { Micros } from '../../model/time/time.ts';
import { WAIT_MS_MAX } from '../../model/time/timer.ts';
import type { ConsumerView } from '../decide.ts';
import type { Consumer } from '../scheduler.ts';
import type { GroupConsumerOptions } from './group-options.ts';
import type { Lane } from './lane.ts';
import type { FeedResult, LaneFeeder } from './lane-feeder.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import type { Shutdown } from './shutdown.ts';

export interface GroupConsumerParts {
  readonly shutdown: Shutdown;
  readonly leases: LeaseKeeper;
  readonly feeder: LaneFeeder;
  readonly clock: Clock;
  /** Positions of the whole group. */
  positions(group: string): Promise<readonly (LanePosition & { readonly partition: PartitionId })[]>;
  wake(): void;
}

type ConsumeOptions = Pick<GroupConsumerOptions, 'group' | 'capacity' | 'concurrency' | 'batch' | 'until'>;

export class GroupConsumer implements Consumer {
  readonly shutdown: Shutdown;
  readonly #parts: GroupConsumerParts;
  readonly #options: ConsumeOptions;
  readonly #leases: LeaseKeeper;
  readonly #feeder: LaneFeeder;
  /** Deliveries in progress, with the number and the partition of their events. */
  readonly #inFlight = new Map<Promise<void>, { readonly partition: PartitionId; readonly events: number }>();
  /**
   * Events still wanted, parked ones included: a command that rejects everything must not go past the requested count.
   */
  #left: number;
  #delivered = 0;
  #parked = 0;
  #lastDelivery: Micros;
  #isAskingForPositions = false;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(parts: GroupConsumerParts, options: ConsumeOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#left = options.until.limit ?? Number.POSITIVE_INFINITY;
    this.#lastDelivery = parts.clock.nowMicros();
    this.shutdown = parts.shutdown;
    this.shutdown.onDrain(() => this.#drain());
    this.#leases = parts.leases;
    this.#feeder = parts.feeder;
  }

  /** Events acknowledged so far. */
  get delivered(): number {
    return this.#delivered;
  }

  /** Events parked so far, including those that failed a redelivery. */
  get parked(): number {
    return this.#parked;
  }

  /** Joins the group; if that fails, nothing stays joined. @throws as the ledger does */
  async start(): Promise<void> {
    try {
      await this.#leases.heartbeat();
    } catch (error) {
      await this.#leases.leave();
      throw error;
    }
  }

  /** Call when something in the ledger may have changed. */
  refresh(): void {
    if (!this.shutdown.hasBegun) this.#leases.refresh();
  }

  view(): ConsumerView {
    this.#closeIfDone();
    if (this.shutdown.hasBegun) return { capacity: 0, slots: 0, lanes: [] };
    const { capacity, concurrency, batch } = this.#options;
    const now = this.#parts.clock.nowMicros();
    // a delivery made under a lost lease may still be in progress: its partition stays busy until it ends
    const busy = new Set<PartitionId>();
    let taken = 0;
    for (const { partition, events } of this.#inFlight.values()) {
      busy.add(partition);
      taken += events;
    }
    return {
      capacity: Math.min(capacity, this.#left) - taken,
      slots: concurrency - this.#inFlight.size,
      lanes: this.#leases.lanes.map((lane) => {
        lane.followClock(now);
        return lane.view(this.#leases.heldUntil, batch, this.#stopAt(lane), busy.has(lane.partition));
      }),
    };
  }

  feed(at: number, events: number, turn: number): void {
    const lane = this.#leases.lanes[at] as Lane;
    lane.isBusy = true;
    lane.lastFed = turn;
    const work = lane.hasDue ? this.#feeder.redeliver(lane) : this.#feeder.feed(lane, events);
    const delivery = work
      .then(
        (fed) => this.#onFed(lane, fed),
        (error: unknown) => this.shutdown.fail(error),
      )
      .then(() => {
        lane.isBusy = false;
        this.#inFlight.delete(delivery);
        this.#lastDelivery = this.#parts.clock.nowMicros();
        this.#leases.deliveryEnded(lane);
        this.#parts.wake();
      });
    this.#inFlight.set(delivery, { partition: lane.partition, events });
  }

  #onFed(lane: Lane, fed: FeedResult): void {
    if (fed.kind === 'acknowledged') {
      this.#delivered += fed.events;
      this.#left -= fed.events;
    }
    if (fed.kind === 'parked') {
      this.#parked++;
      this.#left--;
    }
    if (fed.kind === 'lost') this.#leases.lose(lane);
  }

  /** Checks the end conditions. Every change of leases, lanes or deliveries wakes the scheduler, which asks for a view. */
  #closeIfDone(): void {
    if (this.shutdown.hasBegun || this.#inFlight.size > 0) return;
    const { idleMs } = this.#options.until;
    if (this.#left <= 0) void this.shutdown.close();
    else if (this.#leases.lanes.every((lane) => !lane.hasDue && lane.lag(this.#stopAt(lane)) === 0))
      void this.#closeAtEnds();
    if (idleMs !== undefined && !this.#hasDueEvents()) this.#closeWhenIdle(idleMs);
  }

  /**
   * Whether the next decision delivers something. It is no silence then, however long it took to get here: on a loaded
   * machine joining alone took longer than 50 ms.
   */
  #hasDueEvents(): boolean {
    const now = this.#parts.clock.nowMicros();
    return this.#leases.lanes.some(
      (lane) => lane.dueAt <= now && (lane.hasDue || lane.lag(this.#stopAt(lane)) > 0) && !lane.isSurplus,
    );
  }

  #stopAt({ partition }: Lane): number {
    const { ends } = this.#options.until;
    return ends === undefined ? Number.POSITIVE_INFINITY : (ends.get(partition) ?? 0);
  }

  /** This member's lanes have reached their ends; closes once the whole group has. */
  async #closeAtEnds(): Promise<void> {
    const { ends } = this.#options.until;
    if (ends === undefined || this.#isAskingForPositions) return;
    this.#isAskingForPositions = true;
    try {
      const positions = await this.#parts.positions(this.#options.group);
      if (positions.every(({ partition, nextOffset }) => nextOffset >= (ends.get(partition) ?? 0)))
        void this.shutdown.close();
    } catch (error) {
      this.shutdown.fail(error);
    } finally {
      this.#isAskingForPositions = false;
    }
  }

  #closeWhenIdle(idleMs: number): void {
    clearTimeout(this.#idleTimer);
    const now = this.#parts.clock.nowMicros();
    // if the clock was set back, count the silence from now: it would last until the clock catches up
    this.#lastDelivery = Math.min(this.#lastDelivery, now);
    const silentMs = (now - this.#lastDelivery) / 1000;
    if (silentMs >= idleMs) void this.shutdown.close();
    else this.#idleTimer = setTimeout(() => this.#parts.wake(), Math.min(idleMs - silentMs, WAIT_MS_MAX));
  }

  async #drain(): Promise<void> {
    clearTimeout(this.#idleTimer);
    await Promise.all(this.#inFlight.keys());
    await this.#leases.leave();
  }
}
