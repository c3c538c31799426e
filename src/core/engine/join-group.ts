/** Joins scheduler, bus and ledger for a member of a group: provides its reads, and its hooks with partition names. */

import { LaneBuffer } from '../bus/lane-buffer.ts';
import type { PartitionId } from '../model/routing/partition.ts';
import { GroupConsumer } from '../scheduler/feeding/group-consumer.ts';
import type { ConsumerHooks, GroupConsumerOptions, LaneFailure } from '../scheduler/feeding/group-options.ts';
import { LaneFeeder } from '../scheduler/feeding/lane-feeder.ts';
import { LeaseKeeper } from '../scheduler/feeding/lease-keeper.ts';
import { Shutdown } from '../scheduler/feeding/shutdown.ts';
import type { ConsumerParts } from './consumer-parts.ts';
import { deliverTo } from './deliver.ts';
import { parkedWarnings, reasonOf } from './reporting.ts';
import { CAPACITY, type FailedDelivery, type Handler, type MemberOptions } from './subscription.ts';

const MAX_DELIVER = 10;
const BACKOFF_MS = 100;
const BACKOFF_MAX_MS = 30_000;
const LEASE_MS = 10_000;

interface MemberSpec {
  readonly group: string;
  readonly member: string;
  /** Null: all partitions. */
  readonly partitions: readonly PartitionId[] | null;
}

/** A member that has joined its group. @throws as the ledger does */
export async function join(
  parts: ConsumerParts,
  spec: MemberSpec,
  options: MemberOptions,
  handler: Handler,
): Promise<GroupConsumer> {
  const { ledger, groups, clock, timer, bus, labels, acks, lanes, wake } = parts;
  const capacity = options.capacity ?? CAPACITY;
  const buffers = new Map<PartitionId, LaneBuffer>();
  const buffer = (partition: PartitionId): LaneBuffer => {
    const known = buffers.get(partition) ?? new LaneBuffer((request) => lanes.read({ partition, ...request }));
    buffers.set(partition, known);
    return known;
  };
  const warnings = options.onParked === undefined ? parkedWarnings(spec.group, timer) : null;
  const settings: GroupConsumerOptions = {
    ...spec,
    capacity,
    batch: options.batch ?? capacity,
    batchBytes: options.batchBytes ?? Number.POSITIVE_INFINITY,
    concurrency: options.concurrency ?? Number.POSITIVE_INFINITY,
    maxDeliver: options.maxDeliver ?? MAX_DELIVER,
    ackTimeoutMs: options.ackTimeoutMs ?? null,
    lease: (options.leaseMs ?? LEASE_MS) * 1000,
    backoff: { first: (options.backoffMs ?? BACKOFF_MS) * 1000, max: BACKOFF_MAX_MS * 1000 },
    hooks: namedHooks(parts, { ...options, onParked: options.onParked ?? ((failure) => warnings?.add(failure)) }),
    until: {
      limit: options.until?.limit,
      idleMs: options.until?.idleMs,
      ends: options.until?.head ? await endsNow(parts, spec.partitions) : undefined,
    },
  };
  const shutdown = new Shutdown();
  const leases = new LeaseKeeper(
    {
      groups,
      ends: (partitions) => ledger.ends(partitions),
      clock,
      forget: (partition) => buffers.delete(partition),
      notifyChange: () => bus.notifyChange(),
      wake,
      fail: (error) => shutdown.fail(error),
      isEnding: () => shutdown.hasBegun,
    },
    settings,
  );
  const feeder = new LaneFeeder(
    {
      groups,
      acknowledge: (acknowledgement) => acks.acknowledge(acknowledgement),
      clock,
      chance: Math.random,
      read: (partition, fromSequence, events, bytes) => buffer(partition).take(fromSequence, events, bytes),
      deliver: deliverTo(handler, labels, spec.group),
      owner: shutdown,
      reasonOf,
      isEnding: () => shutdown.hasBegun,
    },
    settings,
  );
  const consumer = new GroupConsumer(
    { shutdown, leases, feeder, clock, positions: (group) => groups.positions(group), wake },
    settings,
  );
  const leaveLanes = lanes.join();
  const close = (): void => {
    warnings?.close();
    leaveLanes();
  };
  shutdown.finished.then(close, close);
  try {
    await consumer.start();
  } catch (error) {
    close();
    throw error;
  }
  return consumer;
}

/** The caller's hooks, with partition names instead of ids. */
function namedHooks(
  { labels, clock }: ConsumerParts,
  { onRetry, onParked, onFenced, onLeases }: MemberOptions,
): ConsumerHooks {
  const named = (failure: LaneFailure): FailedDelivery => ({
    ...failure,
    partition: labels.partitionName(failure.partition),
  });
  const names = (partitions: readonly PartitionId[]): string[] =>
    partitions.map((partition) => labels.partitionName(partition));
  return {
    onRetry: ({ dueAt, ...failure }) =>
      onRetry?.({ ...named(failure), pauseMs: Math.max(0, dueAt - clock.nowMicros()) / 1000 }),
    onParked: (failure) => onParked?.(named(failure)),
    onFenced: (delivery) => onFenced?.({ ...delivery, partition: labels.partitionName(delivery.partition) }),
    onLeases: ({ gained, lost }) => onLeases?.({ gained: names(gained), lost: names(lost) }),
  };
}

/** End offset by partition, exclusive. */
async function endsNow(
  { ledger }: ConsumerParts,
  partitions: readonly PartitionId[] | null,
): Promise<Map<PartitionId, number>> {
  const chosen = partitions ?? (await ledger.basis()).partitionNames.map((_, partition) => partition);
  const ends = await ledger.ends(chosen);
  return new Map(chosen.map((partition, at) => [partition, ends[at] ?? 0]));
}
