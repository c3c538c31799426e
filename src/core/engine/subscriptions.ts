/**
 * Joins scheduler, bus and ledger for subscriptions: gives each consumer its lanes, and closes all of them with their
 * engine.
 */

import { randomInt } from 'node:crypto';
import { SharedLanes } from '../bus/shared-lanes.ts';
import { SharedPages } from '../bus/shared-pages.ts';
import { Groups } from '../ledger/groups.ts';
import { checkClientName } from '../model/client-name.ts';
import type { EventBatch } from '../model/events/event.ts';
import { LedgerError } from '../model/ledger-error.ts';
import type { PartitionId } from '../model/routing/partition.ts';
import type { Sink } from '../output/stream-sink.ts';
import { resolveStart } from '../replay/resolve-start.ts';
import { AckQueue } from '../scheduler/feeding/ack-queue.ts';
import { isInside } from '../scheduler/feeding/inside.ts';
import type { LiveConsumer } from '../scheduler/feeding/live-consumer.ts';
import type { Shutdown } from '../scheduler/feeding/shutdown.ts';
import { type Consumer, Scheduler } from '../scheduler/scheduler.ts';
import { checkAtHand } from './check-at-hand.ts';
import type { ConsumerParts } from './consumer-parts.ts';
import { Deliveries } from './deliveries.ts';
import { follow } from './follow.ts';
import { join } from './join-group.ts';
import { warnOfFailure } from './reporting.ts';
import {
  checkOptions,
  type Handler,
  type MemberOptions,
  type SubscribeOptions,
  type Subscription,
} from './subscription.ts';

export interface SubscriptionParts extends Omit<ConsumerParts, 'groups' | 'acks' | 'lanes' | 'wake'> {
  /** Starts watching for commits of other processes; returns the function that stops it. */
  watch(): () => void;
  select(names: readonly string[] | undefined): Promise<PartitionId[] | null>;
}

/** A consumer as its subscription sees it. */
interface EndingConsumer extends Consumer {
  readonly shutdown: Shutdown;
  readonly delivered: number;
  readonly parked: number;
}

interface Begun {
  readonly consumer: EndingConsumer;
  readonly deliveries: Deliveries;
  readonly names: Pick<Subscription, 'group' | 'member' | 'isNew'>;
}

export class Subscriptions {
  readonly #parts: SubscriptionParts & ConsumerParts;
  readonly #scheduler: Scheduler;
  readonly #pages: SharedPages;
  readonly #open = new Set<Shutdown>();
  /** Consumers without a group, with the partitions each of them wants. */
  readonly #live = new Map<LiveConsumer, ReadonlySet<PartitionId> | null>();

  constructor(parts: SubscriptionParts) {
    this.#scheduler = new Scheduler(parts.clock);
    const groups = new Groups(parts.ledger);
    const acks = new AckQueue((acknowledgements) => groups.acknowledge(acknowledgements));
    const lanes = new SharedLanes((request) => parts.ledger.readLane(request));
    this.#parts = { ...parts, groups, acks, lanes, wake: () => this.#scheduler.wake() };
    this.#pages = new SharedPages(parts.ledger);
  }

  async subscribe(options: SubscribeOptions, handler: Handler): Promise<Subscription> {
    checkOptions(options);
    const stopWatching = this.#parts.watch();
    try {
      // start watching before reading the head, or a commit in between would be missed
      const { sequence } = await this.#parts.ledger.head();
      this.#parts.bus.announce(sequence);
      const begun =
        options.group === undefined ? await this.#follower(options, handler) : await this.#member(options, handler);
      begun.consumer.shutdown.finished.then(stopWatching, stopWatching);
      return subscriptionOf(begun, options.onError);
    } catch (error) {
      stopWatching();
      throw error;
    }
  }

  /** A sink that delivers awaited replays to all subscribers without a group; null if there are none. */
  liveSubscribers(): Sink | null {
    if (this.#live.size === 0) return null;
    return {
      deliver: async (batches) => {
        await Promise.all([...this.#live].map(([consumer, wanted]) => deliverReplayed(consumer, wanted, batches)));
        return true;
      },
    };
  }

  /** Closes all subscriptions after their current deliveries. */
  async close(): Promise<void> {
    await Promise.all([...this.#open].map((shutdown) => shutdown.end()));
  }

  /** Whether the caller is in a handler that {@link close} would wait for. */
  get isCallerInside(): boolean {
    return [...this.#open].some(isInside);
  }

  async #follower(options: SubscribeOptions, handler: Handler): Promise<Begun> {
    const partitions = await this.#parts.select(options.partitions);
    const from = await this.#start(options, 'end');
    const deliveries = new Deliveries(this.#parts.clock);
    const place = { from, partitions };
    const consumer = follow({ ...this.#parts, pages: this.#pages }, place, options, deliveries.track(handler));
    this.#live.set(consumer, partitions === null ? null : new Set(partitions));
    const forget = (): void => void this.#live.delete(consumer);
    consumer.shutdown.finished.then(forget, forget);
    this.#add(consumer, this.#parts.wake, options.signal);
    return { consumer, deliveries, names: { group: null, member: null, isNew: false } };
  }

  async #member(options: MemberOptions, handler: Handler): Promise<Begun> {
    const { group } = options;
    const { groups } = this.#parts;
    const member = options.member ?? `m${process.pid}-${randomInt(2 ** 40).toString(36)}`;
    checkClientName('group', group);
    checkClientName('member', member);
    const partitions = await this.#parts.select(options.partitions);
    const isKnown = (await groups.generation(group)) !== null;
    const from = await this.#start(options, 'start').catch((error: unknown) => {
      // the group goes on at its offsets, wherever it was to begin
      if (isKnown && error instanceof LedgerError && error.code === 'HISTORY_DROPPED') return 1;
      throw error;
    });
    // a group that cannot begin would keep its history from being archived
    if (!isKnown) await checkAtHand(this.#parts.ledger, from, partitions);
    const isNew = !isKnown && (await groups.create(group, from, this.#parts.clock.nowMicros()));
    const deliveries = new Deliveries(this.#parts.clock);
    const spec = { group, member, partitions };
    const consumer = await join(this.#parts, spec, options, deliveries.track(handler));
    this.#add(consumer, () => consumer.refresh(), options.signal);
    return { consumer, deliveries, names: { group, member, isNew } };
  }

  #start(options: SubscribeOptions, otherwise: 'start' | 'end'): Promise<number> {
    const { ledger, clock } = this.#parts;
    return resolveStart(options, otherwise, ledger, { now: clock.nowMicros(), zone: options.zone });
  }

  #add(consumer: EndingConsumer, onChange: () => void, signal: AbortSignal | undefined): void {
    const { shutdown } = consumer;
    const stopListening = this.#parts.bus.listen({ onChange, onFail: (error) => shutdown.fail(error) });
    const close = (): void => void shutdown.end();
    signal?.addEventListener('abort', close);
    const end = (): void => {
      stopListening();
      signal?.removeEventListener('abort', close);
      this.#scheduler.remove(consumer);
      this.#open.delete(shutdown);
      if (this.#open.size === 0) this.#pages.clear();
    };
    shutdown.finished.then(end, end);
    this.#open.add(shutdown);
    this.#scheduler.add(consumer);
    onChange();
    if (signal?.aborted) close();
  }
}

async function deliverReplayed(
  consumer: LiveConsumer,
  wanted: ReadonlySet<PartitionId> | null,
  batches: readonly EventBatch[],
): Promise<void> {
  const chosen =
    wanted === null ? batches : batches.map((batch) => batch.filter((at) => wanted.has(batch.partition(at))));
  const delivered = chosen.filter(({ count }) => count > 0);
  if (delivered.length > 0) await consumer.deliverReplayed(delivered);
}

/**
 * The caller's view of a consumer. Reports a failure to exactly one of: the hook, the reader of `finished`, the
 * process.
 */
function subscriptionOf({ consumer, deliveries, names }: Begun, onError: SubscribeOptions['onError']): Subscription {
  const { shutdown } = consumer;
  let isAwaited = false;
  void shutdown.finished.catch((error: unknown) => {
    if (onError !== undefined) onError(error);
    else if (!isAwaited) warnOfFailure(names.group, error);
  });
  return {
    ...names,
    get finished() {
      isAwaited = true;
      return shutdown.finished;
    },
    get delivered() {
      return consumer.delivered;
    },
    get parked() {
      return consumer.parked;
    },
    get inProgress() {
      return deliveries.inProgress;
    },
    close: () => shutdown.close(),
    [Symbol.asyncDispose]: () => shutdown.close(),
  };
}
