/**
 * Takes a lane one delivery further. One that fails is tried again after a pause while those behind it wait; of a batch that fails each event goes
 * alone, until the offending one is found; after too many failures that one is parked, and the lane goes on. Whoever dies of an event cannot say so:
 * what has failed before is counted before it is delivered.
 */

import type { EventBatch } from '../../model/event.ts';
import type { EventPlace, ParkReason } from '../../model/group.ts';
import { LedgerError } from '../../model/ledger-error.ts';
import { pauseAfter } from './backoff.ts';
import type { GroupConsumerOptions, GroupConsumerParts, LaneFailure } from './group-parts.ts';
import { handOver } from './hand-over.ts';
import type { Lane } from './lane.ts';

/** `lost`: the lease has gone to another, so what was delivered counts as theirs to deliver again. */
export type Fed = { readonly kind: 'acknowledged'; readonly events: number } | { readonly kind: 'failed' | 'lost' | 'interrupted' };

/** A member that dies is a failure of whatever comes next in its lanes, though it may have had none of it in hand: no event is parked for that alone. */
const SUSPICION = 1;
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
  async feed(lane: Lane, events: number): Promise<Fed> {
    const batches = await this.#parts.read(lane.partition, lane.nextSequence, events, this.#options.batchBytes);
    const last = batches.at(-1)?.span ?? null;
    if (last === null || batches[0]?.offsets[0] !== lane.nextOffset) throw doesNotFit(this.#options.group, lane);
    const count = batches.reduce((sum, batch) => sum + batch.count, 0);
    const event = { partition: lane.partition, offset: lane.nextOffset, sequence: batches[0].sequences[0] as number };
    if (lane.attempts >= Math.max(this.#options.maxDeliver, SUSPICION + 1)) return this.#park(lane, { ...event, ...DIED });
    const isCounted = lane.attempts > 0 && this.#options.maxDeliver !== Number.POSITIVE_INFINITY;
    if (isCounted && !(await this.#count(lane))) return { kind: 'lost' };
    const takeBack = async (): Promise<void> => void (isCounted && (await this.#parts.groups.takeBackFailure(this.#holding(lane))));
    const attempt = isCounted ? lane.attempts : lane.attempts + 1;
    const failure = await this.#failureOf(lane, batches, { attempt, isRedelivery: false }, takeBack);
    if (failure !== null && this.#isEnding()) {
      // whoever is being ended has not failed
      await takeBack();
      return { kind: 'interrupted' };
    }
    if (failure !== null) return this.#onFailure(lane, { ...event, events: count, ...this.#parts.reasonOf(failure.error) }, isCounted);
    const next = { nextOffset: lane.nextOffset + count, nextSequence: last.lastSequence + 1 };
    if (!(await this.#parts.acknowledge({ ...this.#holding(lane), ...next }))) {
      this.#options.hooks.onRefused?.({ ...event, events: count });
      return { kind: 'lost' };
    }
    lane.moveTo(next.nextOffset, next.nextSequence);
    return { kind: 'acknowledged', events: count };
  }

  /** The next of its parked events that wait to be delivered again: once, and what fails stays parked. @throws as {@link feed} */
  async redeliver(lane: Lane): Promise<Fed> {
    const { group, hooks } = this.#options;
    const { groups } = this.#parts;
    const parked = await groups.beginRedelivery(this.#holding(lane));
    if (parked === 'lost') return { kind: 'lost' };
    if (parked === 'none') {
      lane.hasDue = false;
      return { kind: 'acknowledged', events: 0 };
    }
    const { sequence, attempts: attempt } = parked;
    const batches = await this.#parts.read(lane.partition, sequence, 1, Number.POSITIVE_INFINITY);
    const takeBack = (): Promise<void> => groups.takeBackRedelivery(group, sequence);
    const failure = await this.#failureOf(lane, batches, { attempt, isRedelivery: true }, takeBack);
    if (failure !== null && this.#isEnding()) {
      await takeBack();
      return { kind: 'interrupted' };
    }
    const reason = failure === null ? null : this.#parts.reasonOf(failure.error);
    const settlement = await groups.settle(this.#holding(lane), sequence, reason);
    if (settlement === 'lost') {
      await takeBack();
      return { kind: 'lost' };
    }
    if (reason === null) return { kind: 'acknowledged', events: 1 };
    if (settlement === 'parked') hooks.onParked?.({ ...parked, ...reason, events: 1 });
    return { kind: 'failed' };
  }

  async #failureOf(
    { partition }: Lane,
    batches: readonly EventBatch[],
    trial: { readonly attempt: number; readonly isRedelivery: boolean },
    onUnusable: () => Promise<void>,
  ): Promise<{ readonly error: unknown } | null> {
    try {
      await handOver(this.#parts.deliver, { partition, batches, isReplayed: false, ...trial }, this.#options.ackTimeoutMs);
      return null;
    } catch (error) {
      // trying again is of no use, and no event is to blame
      if (error instanceof LedgerError && error.code === 'CONSUMER_UNUSABLE') {
        await onUnusable();
        throw error;
      }
      return { error };
    }
  }

  async #onFailure(lane: Lane, failure: Omit<LaneFailure, 'attempts'>, isCounted: boolean): Promise<Fed> {
    if (failure.events > 1) {
      lane.singlyUntil = failure.offset + failure.events;
      return this.#retry(lane, { ...failure, attempts: 1 });
    }
    if (!isCounted && !(await this.#count(lane))) return { kind: 'lost' };
    return lane.attempts < this.#options.maxDeliver ? this.#retry(lane, { ...failure, attempts: lane.attempts }) : this.#park(lane, failure);
  }

  #retry(lane: Lane, failure: LaneFailure): Fed {
    lane.pause(this.#parts.clock.nowMicros(), pauseAfter(failure.attempts, this.#options.backoff, this.#parts.chance()));
    this.#options.hooks.onRetry?.({ ...failure, dueAt: lane.dueAt });
    return { kind: 'failed' };
  }

  async #park(lane: Lane, failure: EventPlace & ParkReason): Promise<Fed> {
    const { attempts } = lane;
    const now = this.#parts.clock.nowMicros();
    if (!(await this.#parts.groups.park(this.#holding(lane), { ...failure, attempts, now }))) return { kind: 'lost' };
    lane.moveTo(failure.offset + 1, failure.sequence + 1);
    this.#options.hooks.onParked?.({ ...failure, events: 1, attempts });
    return { kind: 'failed' };
  }

  /** One failure more of the next event. False where the lease is gone. */
  async #count(lane: Lane): Promise<boolean> {
    const attempts = await this.#parts.groups.countFailure(this.#holding(lane));
    lane.attempts = attempts ?? lane.attempts;
    return attempts !== null;
  }

  #holding({ partition, token }: Lane) {
    return { group: this.#options.group, partition, token };
  }
}

function doesNotFit(group: string, { partition, nextOffset }: Lane): LedgerError {
  return new LedgerError('VERIFICATION_FAILED', {
    message: `group ${group} stands at offset ${nextOffset} of partition ${partition}, and the ledger has another event in this place`,
    hint: 'prove the ledger: completengine inspect --verify',
    details: { group, partition, nextOffset },
  });
}
