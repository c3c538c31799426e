/**
 * Takes a lane one delivery further. One that fails is tried again after a pause while those behind it wait; of a batch that fails each event goes
 * alone, until the offending one is found; after too many failures that one is parked, and the lane goes on.
 */

import type { EventBatch } from '../../model/event.ts';
import { LedgerError } from '../../model/ledger-error.ts';
import { AckQueue } from './ack-queue.ts';
import { pauseAfter } from './backoff.ts';
import type { GroupConsumerOptions, GroupConsumerParts } from './group-parts.ts';
import { handOver } from './hand-over.ts';
import type { Lane } from './lane.ts';

/** `lost`: the lease has gone to another, so what was delivered counts as theirs to deliver again. */
export type Fed = { readonly kind: 'acknowledged'; readonly events: number } | { readonly kind: 'failed' | 'lost' | 'interrupted' };

export class LaneFeeder {
  readonly #parts: GroupConsumerParts;
  readonly #options: GroupConsumerOptions;
  readonly #isEnding: () => boolean;
  readonly #acks: AckQueue;

  constructor(parts: GroupConsumerParts, options: GroupConsumerOptions, isEnding: () => boolean) {
    this.#parts = parts;
    this.#options = options;
    this.#isEnding = isEnding;
    this.#acks = new AckQueue((acknowledgements) => parts.groups.acknowledge(options.group, acknowledgements));
  }

  /** Up to so many of its next events. @throws CONSUMER_UNUSABLE, and what the ledger throws. */
  async feed(lane: Lane, events: number): Promise<Fed> {
    const batches = await this.#parts.read(lane.partition, lane.nextSequence, events, this.#options.batchBytes);
    const last = batches.at(-1)?.span ?? null;
    if (last === null || batches[0]?.offsets[0] !== lane.nextOffset) throw doesNotFit(this.#options.group, lane);
    const count = batches.reduce((sum, batch) => sum + batch.count, 0);
    const failure = await this.#failureOf(lane, batches, { attempt: lane.attempts + 1, isRedelivery: false });
    if (failure !== null) return this.#onFailure(lane, batches, count, failure.error);
    const next = { nextOffset: lane.nextOffset + count, nextSequence: last.lastSequence + 1 };
    if (!(await this.#acks.acknowledge({ partition: lane.partition, token: lane.token, ...next }))) {
      this.#options.hooks.onRefused?.({ partition: lane.partition, offset: lane.nextOffset, sequence: batches[0].sequences[0] as number, events: count });
      return { kind: 'lost' };
    }
    lane.moveTo(next.nextOffset, next.nextSequence);
    return { kind: 'acknowledged', events: count };
  }

  /** The next of its parked events that wait to be delivered again: once, and what fails stays parked. @throws as {@link feed} */
  async redeliver(lane: Lane): Promise<Fed> {
    const { group, hooks } = this.#options;
    const parked = (await this.#parts.groups.parked(group)).find(({ partition, isDue }) => isDue && partition === lane.partition);
    if (parked === undefined) {
      lane.hasDue = false;
      return { kind: 'acknowledged', events: 0 };
    }
    const batches = await this.#parts.read(lane.partition, parked.sequence, 1, Number.POSITIVE_INFINITY);
    const attempt = parked.attempts + 1;
    const failure = await this.#failureOf(lane, batches, { attempt, isRedelivery: true });
    if (failure !== null && this.#isEnding()) return { kind: 'interrupted' };
    const reason = failure === null ? null : this.#parts.reasonOf(failure.error);
    if (!(await this.#parts.groups.settle(this.#holding(lane), parked.sequence, reason))) return { kind: 'lost' };
    if (reason === null) return { kind: 'acknowledged', events: 1 };
    hooks.onParked?.({ ...parked, ...reason, events: 1, attempts: attempt });
    return { kind: 'failed' };
  }

  async #failureOf(
    { partition }: Lane,
    batches: readonly EventBatch[],
    trial: { readonly attempt: number; readonly isRedelivery: boolean },
  ): Promise<{ readonly error: unknown } | null> {
    try {
      await handOver(this.#parts.deliver, { partition, batches, isReplayed: false, ...trial }, this.#options.ackTimeoutMs);
      return null;
    } catch (error) {
      // trying again is of no use, and no event is to blame
      if (error instanceof LedgerError && error.code === 'CONSUMER_UNUSABLE') throw error;
      return { error };
    }
  }

  async #onFailure(lane: Lane, batches: readonly EventBatch[], events: number, error: unknown): Promise<Fed> {
    // whoever is being ended has not failed
    if (this.#isEnding()) return { kind: 'interrupted' };
    const { hooks, maxDeliver } = this.#options;
    const { partition, nextOffset: offset } = lane;
    const sequence = batches[0]?.sequences[0] as number;
    const failure = { partition, offset, sequence, events, ...this.#parts.reasonOf(error) };
    if (events > 1) {
      lane.singlyUntil = offset + events;
      this.#pause(lane, 1);
      hooks.onRetry?.({ ...failure, attempts: 1, dueAt: lane.dueAt });
      return { kind: 'failed' };
    }
    const attempts = await this.#parts.groups.countFailure(this.#holding(lane));
    if (attempts === null) return { kind: 'lost' };
    lane.attempts = attempts;
    if (attempts < maxDeliver) {
      this.#pause(lane, attempts);
      hooks.onRetry?.({ ...failure, attempts, dueAt: lane.dueAt });
      return { kind: 'failed' };
    }
    const now = this.#parts.clock.nowMicros();
    if (!(await this.#parts.groups.park(this.#holding(lane), { ...failure, attempts, now }))) return { kind: 'lost' };
    lane.moveTo(offset + 1, sequence + 1);
    hooks.onParked?.({ ...failure, attempts });
    return { kind: 'failed' };
  }

  #pause(lane: Lane, attempts: number): void {
    lane.pause(this.#parts.clock.nowMicros(), pauseAfter(attempts, this.#options.backoff, this.#parts.chance()));
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
