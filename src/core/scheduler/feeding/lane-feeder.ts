/**
 * Takes a lane one delivery further. One that fails is tried again after a pause while those behind it wait; of a batch that fails each event goes
 * alone, until the offending one is found; after too many failures that one is parked, and the lane goes on. Whoever dies of an event cannot say so:
 * what has failed before is counted before it is delivered.
 */

import type { EventBatch } from '../../model/events/event.ts';
import type { EventPosition, LanePosition, ParkReason } from '../../model/group.ts';
import { LedgerError } from '../../model/ledger-error.ts';
import { pauseAfter } from './backoff.ts';
import { deliverWithTimeout } from './deliver-with-timeout.ts';
import type { GroupConsumerOptions, GroupConsumerParts, LaneFailure } from './group-deps.ts';
import type { Lane } from './lane.ts';

/**
 * `parked`: one event, which counts as dealt with: the group has moved past it. `lost`: the lease has gone to another, so what was delivered counts as
 * theirs to deliver again.
 */
export type FeedResult =
  | { readonly kind: 'acknowledged'; readonly events: number }
  | { readonly kind: 'parked' | 'failed' | 'lost' | 'interrupted' };

interface Attempt {
  readonly attempt: number;
  readonly isRedelivery: boolean;
}

/** What the consumer made of a delivery. */
type Answer =
  | { readonly kind: 'taken' }
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'failed'; readonly reason: ParkReason };

/** The events a lane goes on with. */
interface Next {
  readonly batches: readonly EventBatch[];
  readonly count: number;
  /** The first of them. */
  readonly event: EventPosition;
  readonly behind: LanePosition;
}

/** A member that dies is a failure of whatever comes next in its lanes, though it may have had none of it in hand: no event is parked for that alone. */
const DEATH_ATTEMPTS = 1;
const DIED: ParkReason = { reason: 'a consumer has died with it in hand', details: '' };

export class LaneFeeder {
  readonly #parts: GroupConsumerParts;
  readonly #options: GroupConsumerOptions;
  readonly #isEnding: () => boolean;

  constructor(parts: GroupConsumerParts, options: GroupConsumerOptions, isEnding: () => boolean) {
    this.#parts = parts;
    this.#options = options;
    this.#isEnding = isEnding;
  }

  /** Up to so many of its next events. @throws CONSUMER_UNUSABLE, and what the ledger throws. */
  async feed(lane: Lane, events: number): Promise<FeedResult> {
    const next = await this.#next(lane, events);
    if (lane.attempts >= Math.max(this.#options.maxDeliver, DEATH_ATTEMPTS + 1))
      return this.#park(lane, { ...next.event, ...DIED });
    const isCounted = lane.attempts > 0 && this.#options.maxDeliver !== Number.POSITIVE_INFINITY;
    if (isCounted && !(await this.#count(lane))) return { kind: 'lost' };
    const current = { attempt: isCounted ? lane.attempts : lane.attempts + 1, isRedelivery: false };
    const answer = await this.#deliver(lane, next.batches, current, async () => {
      if (isCounted) await this.#parts.groups.undoFailure(this.#heldLease(lane));
    });
    if (answer.kind === 'interrupted') return answer;
    if (answer.kind === 'failed')
      return this.#onFailure(lane, { ...next.event, events: next.count, ...answer.reason }, isCounted);
    return this.#acknowledge(lane, next);
  }

  /** The next of its parked events that wait to be delivered again: once, and what fails stays parked. @throws as {@link feed} */
  async redeliver(lane: Lane): Promise<FeedResult> {
    const { groups } = this.#parts;
    const parked = await groups.beginRedelivery(this.#heldLease(lane));
    if (parked === 'lost') return { kind: 'lost' };
    if (parked === 'none') {
      lane.hasDue = false;
      return { kind: 'acknowledged', events: 0 };
    }
    const { sequence, attempts: attempt } = parked;
    const takeBack = (): Promise<void> => groups.undoRedelivery(this.#options.group, sequence);
    const batches = await this.#parts.read(lane.partition, sequence, 1, Number.POSITIVE_INFINITY);
    // where its frame is missing the next event would be delivered in its place
    if (batches[0]?.sequences[0] !== sequence) {
      await takeBack();
      throw isGone(this.#options.group, parked);
    }
    const answer = await this.#deliver(lane, batches, { attempt, isRedelivery: true }, takeBack);
    if (answer.kind === 'interrupted') return answer;
    const outcome = await groups.settle(
      this.#heldLease(lane),
      sequence,
      answer.kind === 'failed' ? answer.reason : null,
    );
    if (outcome === 'lost') {
      await takeBack();
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
      behind: { nextOffset: lane.nextOffset + count, nextSequence: last.lastSequence + 1 },
    };
  }

  /** Delivers once. `takeBack`: where it counts as no failure, because the consumer cannot be used or is being ended. @throws CONSUMER_UNUSABLE */
  async #deliver(
    { partition }: Lane,
    batches: readonly EventBatch[],
    current: Attempt,
    takeBack: () => Promise<void>,
  ): Promise<Answer> {
    try {
      await deliverWithTimeout(
        this.#parts.deliver,
        { partition, batches, isReplayed: false, ...current },
        this.#options.ackTimeoutMs,
      );
      return { kind: 'taken' };
    } catch (error) {
      // trying again is of no use, and no event is to blame
      const isUnusable = error instanceof LedgerError && error.code === 'CONSUMER_UNUSABLE';
      if (!isUnusable && !this.#isEnding()) return { kind: 'failed', reason: this.#parts.reasonOf(error) };
      await takeBack();
      if (isUnusable) throw error;
      return { kind: 'interrupted' };
    }
  }

  async #acknowledge(lane: Lane, { event, count, behind }: Next): Promise<FeedResult> {
    if (await this.#parts.acknowledge({ ...this.#heldLease(lane), ...behind })) {
      lane.moveTo(behind.nextOffset, behind.nextSequence);
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
    if (!isCounted && !(await this.#count(lane))) return { kind: 'lost' };
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

  /** One failure more of the next event. False where the lease is gone. */
  async #count(lane: Lane): Promise<boolean> {
    const attempts = await this.#parts.groups.countFailure(this.#heldLease(lane));
    lane.attempts = attempts ?? lane.attempts;
    return attempts !== null;
  }

  #heldLease({ partition, token }: Lane) {
    return { group: this.#options.group, partition, token };
  }
}

function isGone(group: string, { partition, sequence }: EventPosition): LedgerError {
  return new LedgerError('VERIFICATION_FAILED', {
    message: `group ${group} has parked sequence ${sequence} of partition ${partition}, and the ledger has no such event`,
    hint: 'prove the ledger: completengine inspect --verify',
    details: { group, partition, sequence },
  });
}

function doesNotFit(group: string, { partition, nextOffset }: Lane): LedgerError {
  return new LedgerError('VERIFICATION_FAILED', {
    message: `group ${group} stands at offset ${nextOffset} of partition ${partition}, and the ledger has another event in this place`,
    hint: 'prove the ledger: completengine inspect --verify',
    details: { group, partition, nextOffset },
  });
}
