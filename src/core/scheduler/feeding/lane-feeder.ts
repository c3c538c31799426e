/**
 * Performs one delivery of a lane. A failed delivery is retried after a pause while later events wait. After a failed
 * batch its events are delivered one by one until the offending one is found. After too many failures that event is
 * parked and the lane continues.
 * A consumer that crashes cannot report a failure, so an event that failed once is counted before it is delivered
 * again.
 */

import type { EventBatch } from '../../model/events/event.ts';
import type {
  Acknowledgement,
  EventPosition,
  EventToPark,
  FailedAttempt,
  HeldLease,
  LanePosition,
  ParkedEvent,
  ParkReason,
  RedeliveryOutcome,
} from '../../model/group.ts';
import { LedgerError } from '../../model/ledger-error.ts';
import { parkReasonText } from '../../model/park-reason-text.ts';
import type { PartitionId } from '../../model/routing/partition.ts';
import type { Clock } from '../../model/time/clock.ts';
import { pauseAfter } from './backoff.ts';
import { type Deliver, deliverWithTimeout } from './deliver-with-timeout.ts';
import type { GroupConsumerOptions, LaneFailure } from './group-options.ts';
import type { Owner } from './inside.ts';
import type { Lane } from './lane.ts';
import { doesNotFit, isGone } from './lane-errors.ts';

/**
 * `parked`: one event was set aside, and the group has moved past it. `lost`: another member holds the lease now and
 * delivers the events again.
 */
export type FeedResult =
  | { readonly kind: 'acknowledged'; readonly events: number }
  | { readonly kind: 'parked' | 'failed' | 'lost' | 'interrupted' };

interface Attempt {
  readonly attempt: number;
  readonly isRedelivery: boolean;
}

/** Outcome of a delivery. */
type Answer =
  | { readonly kind: 'taken' }
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'failed'; readonly reason: ParkReason };

/** The next events of a lane. */
interface Next {
  readonly batches: readonly EventBatch[];
  readonly count: number;
  /** The first of them. */
  readonly event: EventPosition;
  readonly after: LanePosition;
}

/**
 * When a member dies, the next event of each of its lanes gets one failure, delivered or not; one alone never parks it.
 */
const DEATH_ATTEMPTS = 1;
const DIED: ParkReason = { reason: 'a consumer died during its delivery', details: '' };

export interface LaneFeederParts {
  readonly groups: {
    countFailure(heldLease: HeldLease, change: 1 | 0 | -1, failure: FailedAttempt | null): Promise<number | null>;
    park(heldLease: HeldLease, event: EventToPark): Promise<boolean>;
    beginRedelivery(heldLease: HeldLease): Promise<ParkedEvent | 'none' | 'lost'>;
    endRedelivery(heldLease: HeldLease, sequence: number, failure: ParkReason | null): Promise<RedeliveryOutcome>;
    undoRedelivery(group: string, sequence: number): Promise<void>;
  };
  /** Resolves to true when it is durable, to false if the lease was lost. */
  acknowledge(acknowledgement: Acknowledgement): Promise<boolean>;
  readonly clock: Clock;
  /** Random number in [0, 1). */
  chance(): number;
  /** The next events of a lane, at most `events` and `bytes`. */
  read(partition: PartitionId, fromSequence: number, events: number, bytes: number): Promise<EventBatch[]>;
  readonly deliver: Deliver;
  /** The end that waits for its deliveries. */
  readonly owner: Owner;
  /** Why a delivery has failed. */
  reasonOf(error: unknown): ParkReason;
  /** Whether the member is shutting down: a failure then counts for nothing. */
  isEnding(): boolean;
}

type FeedOptions = Pick<
  GroupConsumerOptions,
  'group' | 'member' | 'batchBytes' | 'maxDeliver' | 'ackTimeoutMs' | 'backoff'
> & {
  readonly hooks: Pick<GroupConsumerOptions['hooks'], 'onRetry' | 'onParked' | 'onFenced'>;
};

export class LaneFeeder {
  readonly #parts: LaneFeederParts;
  readonly #options: FeedOptions;

  constructor(parts: LaneFeederParts, options: FeedOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  /** Delivers at most `events` of the lane's next events. @throws CONSUMER_UNUSABLE, and the ledger's errors */
  async feed(lane: Lane, events: number): Promise<FeedResult> {
    const next = await this.#next(lane, events);
    if (lane.attempts >= Math.max(this.#options.maxDeliver, DEATH_ATTEMPTS + 1))
      return this.#park(lane, { ...next.event, ...DIED });
    const isCounted = lane.attempts > 0 && this.#options.maxDeliver !== Number.POSITIVE_INFINITY;
    if (isCounted && !(await this.#count(lane, 1, null))) return { kind: 'lost' };
    const current = { attempt: isCounted ? lane.attempts : lane.attempts + 1, isRedelivery: false };
    const answer = await this.#deliver(lane, next.batches, current, async (unusable) => {
      const failure = unusable && this.#failed(next.event, unusable);
      if (isCounted || failure !== null) await this.#count(lane, isCounted ? -1 : 0, failure);
    });
    if (answer.kind === 'interrupted') return answer;
    if (answer.kind === 'failed')
      return this.#onFailure(lane, { ...next.event, events: next.count, ...answer.reason }, isCounted);
    return this.#acknowledge(lane, next);
  }

  /** Redelivers the lane's next parked event that is due, once; if it fails it stays parked. @throws as {@link feed} */
  async redeliver(lane: Lane): Promise<FeedResult> {
    const { groups } = this.#parts;
    const parked = await groups.beginRedelivery(this.#heldLease(lane));
    if (parked === 'lost') return { kind: 'lost' };
    if (parked === 'none') {
      lane.hasDue = false;
      return { kind: 'acknowledged', events: 0 };
    }
    const { sequence, attempts: attempt } = parked;
    const undo = (): Promise<void> => groups.undoRedelivery(this.#options.group, sequence);
    const batches = await this.#parts.read(lane.partition, sequence, 1, Number.POSITIVE_INFINITY);
    // if the frame is missing, the read returns the next event, which must not be delivered in its place
    if (batches[0]?.sequences[0] !== sequence) {
      await undo();
      throw isGone(this.#options.group, parked);
    }
    const answer = await this.#deliver(lane, batches, { attempt, isRedelivery: true }, undo);
    if (answer.kind === 'interrupted') return answer;
    const outcome = await groups.endRedelivery(
      this.#heldLease(lane),
      sequence,
      answer.kind === 'failed' ? answer.reason : null,
    );
    if (outcome === 'lost') {
      await undo();
      return { kind: 'lost' };
    }
    if (answer.kind === 'taken') return { kind: 'acknowledged', events: 1 };
    if (outcome !== 'parked') return { kind: 'failed' };
    this.#options.hooks.onParked?.({ ...parked, ...answer.reason, events: 1 });
    return { kind: 'parked' };
  }

  async #next(lane: Lane, events: number): Promise<Next> {
    const batches = await this.#parts.read(lane.partition, lane.nextSequence, events, this.#options.batchBytes);
    const last = batches.at(-1)?.span ?? null;
    if (last === null || batches[0]?.offsets[0] !== lane.nextOffset) throw doesNotFit(this.#options.group, lane);
    const count = batches.reduce((sum, batch) => sum + batch.count, 0);
    return {
      batches,
      count,
      event: { partition: lane.partition, offset: lane.nextOffset, sequence: batches[0].sequences[0] as number },
      after: { nextOffset: lane.nextOffset + count, nextSequence: last.lastSequence + 1 },
    };
  }

  /**
   * Delivers once. `undo`: reverts the counted failure if the consumer is shutting down (null), or for this reason cannot
   * take any event.
   * @throws CONSUMER_UNUSABLE
   */
  async #deliver(
    { partition }: Lane,
    batches: readonly EventBatch[],
    current: Attempt,
    undo: (unusable: ParkReason | null) => Promise<void>,
  ): Promise<Answer> {
    try {
      await deliverWithTimeout(
        this.#parts.owner,
        this.#parts.deliver,
        { partition, batches, isReplayed: false, ...current },
        this.#options.ackTimeoutMs,
      );
      return { kind: 'taken' };
    } catch (error) {
      // a retry is useless, and no event is to blame
      const isUnusable = error instanceof LedgerError && error.code === 'CONSUMER_UNUSABLE';
      if (!isUnusable && !this.#parts.isEnding()) return { kind: 'failed', reason: this.#parts.reasonOf(error) };
      await undo(isUnusable ? this.#parts.reasonOf(error) : null);
      if (isUnusable) throw error;
      return { kind: 'interrupted' };
    }
  }

  async #acknowledge(lane: Lane, { event, count, after }: Next): Promise<FeedResult> {
    if (await this.#parts.acknowledge({ ...this.#heldLease(lane), ...after })) {
      lane.moveTo(after.nextOffset, after.nextSequence);
      return { kind: 'acknowledged', events: count };
    }
    this.#options.hooks.onFenced?.({ ...event, events: count });
    return { kind: 'lost' };
  }

  async #onFailure(lane: Lane, failure: Omit<LaneFailure, 'attempts'>, isCounted: boolean): Promise<FeedResult> {
    if (failure.events > 1) {
      lane.singlyUntil = failure.offset + failure.events;
      return this.#retry(lane, { ...failure, attempts: 1 });
    }
    // the reason of the last one is stored with the parked event
    const isLast = isCounted && lane.attempts >= this.#options.maxDeliver;
    if (!isLast && !(await this.#count(lane, isCounted ? 0 : 1, this.#failed(failure, failure))))
      return { kind: 'lost' };
    return lane.attempts < this.#options.maxDeliver
      ? this.#retry(lane, { ...failure, attempts: lane.attempts })
      : this.#park(lane, failure);
  }

  #retry(lane: Lane, failure: LaneFailure): FeedResult {
    lane.pause(
      this.#parts.clock.nowMicros(),
      pauseAfter(failure.attempts, this.#options.backoff, this.#parts.chance()),
    );
    this.#options.hooks.onRetry?.({ ...failure, dueAt: lane.dueAt });
    return { kind: 'failed' };
  }

  async #park(lane: Lane, failure: EventPosition & ParkReason): Promise<FeedResult> {
    const { attempts } = lane;
    const now = this.#parts.clock.nowMicros();
    if (!(await this.#parts.groups.park(this.#heldLease(lane), { ...failure, attempts, now }))) return { kind: 'lost' };
    lane.moveTo(failure.offset + 1, failure.sequence + 1);
    this.#options.hooks.onParked?.({ ...failure, events: 1, attempts });
    return { kind: 'parked' };
  }

  /** Changes the failures of the next event, and stores the last one if it is given. False if the lease was lost. */
  async #count(lane: Lane, change: 1 | 0 | -1, failure: FailedAttempt | null): Promise<boolean> {
    const attempts = await this.#parts.groups.countFailure(this.#heldLease(lane), change, failure);
    lane.attempts = attempts ?? lane.attempts;
    return attempts !== null;
  }

  #failed({ sequence }: EventPosition, reason: ParkReason): FailedAttempt {
    const { member } = this.#options;
    return { sequence, failedAt: this.#parts.clock.nowMicros(), member, reason: parkReasonText(reason) };
  }

  #heldLease({ partition, token }: Lane) {
    return { group: this.#options.group, partition, token };
  }
}
