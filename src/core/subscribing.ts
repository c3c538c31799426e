/** Joins scheduler, bus and ledger for those who subscribe: each gets lanes to be fed from, and all are closed with their engine. */

import { randomInt } from 'node:crypto';
import type { Bus } from './bus/bus.ts';
import { LaneBuffer } from './bus/lane-buffer.ts';
import { PageBuffer } from './bus/page-buffer.ts';
import { SharedPages } from './bus/shared-pages.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { Clock } from './model/clock.ts';
import type { EventBatch } from './model/event.ts';
import type { ParkReason } from './model/group.ts';
import { invalidArgument } from './model/ledger-error.ts';
import { checkName, type PartitionId } from './model/partition.ts';
import { CommandFailure } from './output/command-consumer.ts';
import { Delivery } from './output/delivery.ts';
import type { EventLabels } from './output/event-form.ts';
import type { Sink } from './output/stream-sink.ts';
import { resolveStart, type StartPoint } from './replay/resolve-start.ts';
import type { Ending } from './scheduler/feeding/ending.ts';
import { GroupConsumer } from './scheduler/feeding/group-consumer.ts';
import type { ConsumerHooks, LaneFailure } from './scheduler/feeding/group-parts.ts';
import type { Handful } from './scheduler/feeding/hand-over.ts';
import { LiveConsumer } from './scheduler/feeding/live-consumer.ts';
import { type Consumer, Scheduler } from './scheduler/feeding/scheduler.ts';

/** Is done with the events when its promise resolves; a rejection means: not delivered. */
export type Handler = (delivery: Delivery) => Promise<void> | void;

/** Which events, by the first of them. */
export interface DeliveryPlace {
  readonly partition: string;
  readonly offset: number;
  readonly sequence: number;
  readonly events: number;
}

/** A delivery that was not taken. */
export interface FailedDelivery extends DeliveryPlace {
  /** Failed deliveries so far. */
  readonly attempts: number;
  /** One line. */
  readonly reason: string;
  /** The last lines of what a command said to standard error, or empty. */
  readonly details: string;
}

export interface SubscribeOptions {
  /** A delivery has failed and comes again, not before the pause is over. */
  readonly onRetry?: ((failure: FailedDelivery & { readonly pauseMs: number }) => void) | undefined;
  /** An event was parked, or stays it after it was delivered again. */
  readonly onParked?: ((failure: FailedDelivery) => void) | undefined;
  /** It was delivered, but by then the lease had gone to another member, who delivers it again, or the group was stepped elsewhere. */
  readonly onRefused?: ((delivery: DeliveryPlace) => void) | undefined;
  /** Which partitions, by name, have come to this member and gone from it. */
  readonly onLeases?: ((change: { readonly gained: readonly string[]; readonly lost: readonly string[] }) => void) | undefined;
  /** Durable cursors under this name, shared by all its members. Without: what comes, live, and nothing is kept. */
  readonly group?: string | undefined;
  /** This member's name in the group; default: one of its own. Who joins under the name of another takes its place. */
  readonly member?: string | undefined;
  /** Names of partitions; default all, those to come included. */
  readonly partitions?: readonly string[] | undefined;
  /** Where a new group begins (default `start`; one that exists goes on where it stands), or a subscription without one (default `end`). */
  readonly from?: StartPoint | undefined;
  /** IANA zone of dates in `from`. Default UTC. */
  readonly zone?: string | undefined;
  /** Most events in hand. Default 16384. */
  readonly capacity?: number | undefined;
  /** Most events of one delivery. Default: as many as the capacity allows. */
  readonly batch?: number | undefined;
  /** Most payload bytes of one delivery, line ends included; a single event may be larger. */
  readonly batchBytes?: number | undefined;
  /** Most deliveries in hand, each of another partition. Default: one for each partition. */
  readonly concurrency?: number | undefined;
  /** Failed deliveries before an event is parked. Default 10; `Infinity`: never. */
  readonly maxDeliver?: number | undefined;
  /** The pause after the first failure, doubled with each further one up to 30 s. Default 100. */
  readonly backoffMs?: number | undefined;
  /** How long a handler may take before it counts as failed. Default: for ever. */
  readonly ackTimeoutMs?: number | undefined;
  /** How long a member that is silent keeps its partitions; it renews three times in this. Default 10000. */
  readonly leaseMs?: number | undefined;
  /** Ends by itself: after so many acknowledged events, when the group has come to the head as it is now, or after a silence. For groups. */
  readonly until?: { readonly count?: number | undefined; readonly head?: boolean | undefined; readonly idleMs?: number | undefined } | undefined;
  /** Closes it. */
  readonly signal?: AbortSignal | undefined;
}

export interface Subscription {
  readonly group: string | null;
  readonly member: string | null;
  /** Whether the group was made by this call. */
  readonly isNew: boolean;
  /** Settles when it has ended, and rejects with what made it impossible to go on: the failure of a handler without a group, or of the ledger. */
  readonly finished: Promise<void>;
  /** Finishes what is in hand, and gives up its partitions. */
  close(): Promise<void>;
}

const CAPACITY = 16384;
const MAX_DELIVER = 10;
const BACKOFF_MS = 100;
const BACKOFF_MAX_MS = 30_000;
const LEASE_MS = 10_000;
/** Less than this a busy machine does not keep. */
const LEASE_MS_MIN = 300;

export interface SubscriptionParts {
  readonly ledger: Ledger;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly labels: EventLabels;
  /** Begins to look for commits of others; returns what ends it. */
  watch(): () => void;
  select(names: readonly string[] | undefined): Promise<PartitionId[] | null>;
}

export class Subscriptions {
  readonly #parts: SubscriptionParts;
  readonly #scheduler: Scheduler;
  readonly #pages: SharedPages;
  readonly #open = new Set<Ending>();
  /** Those without a group, and the partitions each of them wants. */
  readonly #live = new Map<LiveConsumer, ReadonlySet<PartitionId> | null>();

  constructor(parts: SubscriptionParts) {
    this.#parts = parts;
    this.#scheduler = new Scheduler(parts.clock);
    this.#pages = new SharedPages(parts.ledger);
  }

  async subscribe(options: SubscribeOptions, handler: Handler): Promise<Subscription> {
    checkOptions(options);
    const stopWatching = this.#parts.watch();
    try {
      // watching begins before the head is read, or a commit in between would be missed
      const { sequence } = await this.#parts.ledger.head();
      this.#parts.bus.announce(sequence);
      const subscription = options.group === undefined ? await this.#follower(options, handler) : await this.#member(options.group, options, handler);
      subscription.finished.then(stopWatching, stopWatching);
      return subscription;
    } catch (error) {
      stopWatching();
      throw error;
    }
  }

  /** Who is told of a replay that is awaited: subscribers without a group; null where there are none. */
  audience(): Sink | null {
    if (this.#live.size === 0) return null;
    return {
      deliver: async (batches) => {
        await Promise.all([...this.#live].map(([consumer, wanted]) => tellAgain(consumer, wanted, batches)));
        return true;
      },
    };
  }

  /** Finishes what is in hand everywhere. */
  async close(): Promise<void> {
    await Promise.all([...this.#open].map((ending) => ending.close()));
  }

  async #follower(options: SubscribeOptions, handler: Handler): Promise<Subscription> {
    const { bus } = this.#parts;
    const partitions = await this.#parts.select(options.partitions);
    const from = await this.#start(options, 'end');
    const capacity = Math.min(options.capacity ?? CAPACITY, options.batch ?? Number.POSITIVE_INFINITY);
    const buffer = new PageBuffer((fromSequence) => this.#pages.read(fromSequence, bus.sequence, partitions));
    const consumer = new LiveConsumer(
      {
        read: (fromSequence, events) => buffer.take(fromSequence, events),
        deliver: this.#deliverTo(handler, null),
        head: () => bus.sequence,
        wake: () => this.#scheduler.wake(),
      },
      { from, capacity, ackTimeoutMs: options.ackTimeoutMs ?? null },
    );
    this.#live.set(consumer, partitions === null ? null : new Set(partitions));
    const forget = (): void => void this.#live.delete(consumer);
    consumer.ending.finished.then(forget, forget);
    this.#add(consumer, consumer.ending, () => this.#scheduler.wake(), options.signal);
    return { ...facts(consumer.ending), group: null, member: null, isNew: false };
  }

  async #member(group: string, options: SubscribeOptions, handler: Handler): Promise<Subscription> {
    const { ledger, clock, bus } = this.#parts;
    const { groups } = ledger;
    const member = options.member ?? `m${process.pid}-${randomInt(2 ** 40).toString(36)}`;
    checkName('group', group);
    checkName('member', member);
    const partitions = await this.#parts.select(options.partitions);
    const from = await this.#start(options, 'start');
    const isNew = (await groups.generation(group)) === null && (await groups.create(group, from, clock.nowMicros()));
    const capacity = options.capacity ?? CAPACITY;
    const buffers = new Map<PartitionId, LaneBuffer>();
    const buffer = (partition: PartitionId): LaneBuffer => {
      const known = buffers.get(partition) ?? new LaneBuffer((fromSequence, events, bytes) => groups.read({ partition, fromSequence, events, bytes }));
      buffers.set(partition, known);
      return known;
    };
    const consumer = new GroupConsumer(
      {
        groups,
        clock,
        chance: Math.random,
        read: (partition, fromSequence, events, bytes) => buffer(partition).take(fromSequence, events, bytes),
        forget: (partition) => buffers.delete(partition),
        deliver: this.#deliverTo(handler, group),
        reasonOf,
        wake: () => this.#scheduler.wake(),
        stir: () => bus.stir(),
      },
      {
        group,
        member,
        partitions,
        capacity,
        batch: options.batch ?? capacity,
        batchBytes: options.batchBytes ?? Number.POSITIVE_INFINITY,
        concurrency: options.concurrency ?? Number.POSITIVE_INFINITY,
        maxDeliver: options.maxDeliver ?? MAX_DELIVER,
        ackTimeoutMs: options.ackTimeoutMs ?? null,
        lease: (options.leaseMs ?? LEASE_MS) * 1000,
        backoff: { first: (options.backoffMs ?? BACKOFF_MS) * 1000, max: BACKOFF_MAX_MS * 1000 },
        hooks: this.#hooks(options),
        until: {
          count: options.until?.count,
          idleMs: options.until?.idleMs,
          ends: options.until?.head ? await this.#ends(partitions) : undefined,
        },
      },
    );
    await consumer.start();
    this.#add(consumer, consumer.ending, () => consumer.look(), options.signal);
    return { ...facts(consumer.ending), group, member, isNew };
  }

  /** The caller's hooks, told of partitions by name. */
  #hooks({ onRetry, onParked, onRefused, onLeases }: SubscribeOptions): ConsumerHooks {
    const { labels, clock } = this.#parts;
    const named = (failure: LaneFailure): FailedDelivery => ({ ...failure, partition: labels.partitionName(failure.partition) });
    const names = (partitions: readonly PartitionId[]): string[] => partitions.map((partition) => labels.partitionName(partition));
    return {
      onRetry: ({ dueAt, ...failure }) => onRetry?.({ ...named(failure), pauseMs: Math.max(0, dueAt - clock.nowMicros()) / 1000 }),
      onParked: (failure) => onParked?.(named(failure)),
      onRefused: (delivery) => onRefused?.({ ...delivery, partition: labels.partitionName(delivery.partition) }),
      onLeases: ({ gained, lost }) => onLeases?.({ gained: names(gained), lost: names(lost) }),
    };
  }

  async #ends(partitions: readonly PartitionId[] | null): Promise<Map<PartitionId, number>> {
    const { groups } = this.#parts.ledger;
    const chosen = partitions ?? (await groups.partitionIds());
    const ends = await groups.ends(chosen);
    return new Map(chosen.map((partition, at) => [partition, ends[at] ?? 0]));
  }

  #start(options: SubscribeOptions, otherwise: StartPoint): Promise<number> {
    const { ledger, clock } = this.#parts;
    return resolveStart(options.from ?? otherwise, ledger, { now: clock.nowMicros(), zone: options.zone });
  }

  #add(consumer: Consumer, ending: Ending, onStir: () => void, signal: AbortSignal | undefined): void {
    const stopListening = this.#parts.bus.listen({ onStir, onFail: (error) => ending.fail(error) });
    const close = (): void => void ending.close();
    signal?.addEventListener('abort', close);
    const end = (): void => {
      stopListening();
      signal?.removeEventListener('abort', close);
      this.#scheduler.remove(consumer);
      this.#open.delete(ending);
      if (this.#open.size === 0) this.#pages.clear();
    };
    ending.finished.then(end, end);
    this.#open.add(ending);
    this.#scheduler.add(consumer);
    onStir();
    if (signal?.aborted) close();
  }

  #deliverTo(handler: Handler, group: string | null): (handful: Handful) => Promise<void> {
    const { labels } = this.#parts;
    return async ({ partition, batches, attempt, isRedelivery, isReplayed, signal }) => {
      const name = partition === null ? null : labels.partitionName(partition);
      await handler(new Delivery(batches, labels, { group, partition: name, attempt, isRedelivery, isReplayed, signal }));
    };
  }
}

async function tellAgain(consumer: LiveConsumer, wanted: ReadonlySet<PartitionId> | null, batches: readonly EventBatch[]): Promise<void> {
  const chosen = wanted === null ? batches : batches.map((batch) => batch.filter((at) => wanted.has(batch.partition(at))));
  const told = chosen.filter(({ count }) => count > 0);
  if (told.length > 0) await consumer.tellAgain(told);
}

function facts(ending: Ending): Pick<Subscription, 'finished' | 'close'> {
  return { finished: ending.finished, close: () => ending.close() };
}

const REASON_CHARACTERS_MAX = 500;

/** Why a delivery has failed, as it is kept with what is parked. */
function reasonOf(error: unknown): ParkReason {
  const message = error instanceof Error ? error.message : String(error);
  const [line = ''] = message.split('\n');
  return { reason: line.slice(0, REASON_CHARACTERS_MAX), details: error instanceof CommandFailure ? error.lastLines : '' };
}

/** @throws LedgerError INVALID_ARGUMENT */
function checkOptions(options: SubscribeOptions): void {
  const counts = { capacity: options.capacity, batch: options.batch, batchBytes: options.batchBytes, concurrency: options.concurrency };
  for (const [name, value] of Object.entries({ ...counts, maxDeliver: options.maxDeliver, count: options.until?.count })) {
    if (value === undefined || value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && value >= 1)) continue;
    throw invalidArgument(`${name} cannot be ${value}`, 'give a whole number from 1');
  }
  if (options.leaseMs !== undefined && !(options.leaseMs >= LEASE_MS_MIN)) {
    throw invalidArgument(`a lease of ${options.leaseMs} ms is too short to be renewed`, `give ${LEASE_MS_MIN} ms or more`);
  }
  const { group, member, until } = options;
  if (group === undefined && (member !== undefined || until !== undefined)) throw invalidArgument('a member without a group', 'name the group too');
}
