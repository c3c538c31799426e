/** A subscription as its caller sees it: its options, its hooks and its end. */

import { invalidArgument } from '../model/ledger-error.ts';
import type { Micros } from '../model/time/time.ts';
import type { Delivery } from '../output/delivery.ts';
import type { StartRequest } from '../replay/resolve-start.ts';

/** Resolve the promise to acknowledge the events; a rejection means that they were not delivered. */
export type Handler = (delivery: Delivery) => Promise<void> | void;

/** Identifies events by the first of them. */
export interface DeliveryPosition {
  readonly partition: string;
  readonly offset: number;
  readonly sequence: number;
  readonly events: number;
}

/** A failed delivery. */
export interface FailedDelivery extends DeliveryPosition {
  /** Failed deliveries so far. */
  readonly attempts: number;
  /** One line. */
  readonly reason: string;
  /** The last lines that a command wrote to standard error, or empty. */
  readonly details: string;
}

/** A delivery that the handler has and has not answered. */
export interface DeliveryInProgress {
  /** Null without a group: then the events are in the order of the whole ledger. So is the offset. */
  readonly partition: string | null;
  readonly offset: number | null;
  /** Of the first event. */
  readonly sequence: number;
  readonly events: number;
  readonly attempt: number;
  readonly isReplayed: boolean;
  /** Whether its time to answer is over: the events are delivered again, and its answer will be ignored. */
  readonly isTimedOut: boolean;
  /** When the handler got it, by the engine's clock. */
  readonly since: Micros;
}

/** Every option of a subscription; {@link SubscribeOptions} says which go together. */
interface SubscriptionOptions extends StartRequest {
  /**
   * Durable cursors under this name, shared by all members of the group. Without it nothing is stored, and events are
   * delivered from `from` or `fromSequence` on, by default new ones alone.
   */
  readonly group?: string | undefined;
  /**
   * This member's name in the group; default: a generated one. A member that joins under an existing name replaces that
   * member.
   */
  readonly member?: string | undefined;
  /** Names of partitions; default all, future ones included. */
  readonly partitions?: readonly string[] | undefined;
  /** IANA zone of dates in `from`. Default UTC. */
  readonly zone?: string | undefined;
  /** Most events delivered and not acknowledged. Default 16384. */
  readonly capacity?: number | undefined;
  /** Most events of one delivery. Default: as many as the capacity allows. */
  readonly batch?: number | undefined;
  /** Most payload bytes of one delivery, line ends included; a single event may be larger. */
  readonly batchBytes?: number | undefined;
  /** Most deliveries in progress, each of another partition. Default: one per partition. */
  readonly concurrency?: number | undefined;
  /** Failed deliveries before an event is parked. Default 10; `Infinity`: never. */
  readonly maxDeliver?: number | undefined;
  /** Milliseconds of pause after the first failure, doubled after each further one up to 30 s. Default 100. */
  readonly backoffMs?: number | undefined;
  /** Milliseconds that a handler may take before it counts as failed. Default: no limit. */
  readonly ackTimeoutMs?: number | undefined;
  /** Milliseconds that a silent member keeps its partitions; it renews three times in this period. Default 10000. */
  readonly leaseMs?: number | undefined;
  /**
   * End conditions, for groups: after N events, acknowledged or parked; when the group has reached the current head; or
   * after a silence in milliseconds.
   */
  readonly until?:
    | { readonly limit?: number | undefined; readonly head?: boolean | undefined; readonly idleMs?: number | undefined }
    | undefined;
  /** A delivery failed and is retried, at the earliest after the pause. */
  readonly onRetry?: ((failure: FailedDelivery & { readonly pauseMs: number }) => void) | undefined;
  /**
   * An event was parked, or failed its redelivery and stays parked. Default: a process warning, at most one in ten
   * seconds.
   */
  readonly onParked?: ((failure: FailedDelivery) => void) | undefined;
  /**
   * Delivered, but not acknowledged: the lease was lost to another member, which delivers again, or the offsets were
   * reset.
   */
  readonly onFenced?: ((delivery: DeliveryPosition) => void) | undefined;
  /** Partitions, by name, that this member has gained and lost. */
  readonly onLeases?:
    | ((change: { readonly gained: readonly string[]; readonly lost: readonly string[] }) => void)
    | undefined;
  /**
   * The subscription has ended on a failure: the handler's error if it has no group, or the ledger's; `finished`
   * rejects with the same. Default: a process warning, unless `finished` was read by then.
   */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Closes the subscription. */
  readonly signal?: AbortSignal | undefined;
}

/** Options that only a member of a group has. */
const OF_MEMBERS = [
  'member',
  'until',
  'maxDeliver',
  'backoffMs',
  'leaseMs',
  'concurrency',
  'onRetry',
  'onParked',
  'onFenced',
  'onLeases',
] as const;
type OfMembers = (typeof OF_MEMBERS)[number];

/** Options of a member of a group: `group` names it. */
export type MemberOptions = SubscriptionOptions & { readonly group: string };

/** Options of a live subscription, which has no group: no cursors, no retries, no leases, and no end condition. */
export type LiveOptions = Omit<SubscriptionOptions, OfMembers | 'group'> & {
  readonly [Name in OfMembers | 'group']?: undefined;
};

/**
 * All optional; `{}` subscribes without a group: new events in ledger order, and replayed ones. `from` and `fromSequence`
 * are where a new group begins (default `start`; an existing one continues at its offsets), or a subscription without
 * one (default `end`).
 */
export type SubscribeOptions = MemberOptions | LiveOptions;

export interface Subscription {
  /** Null without a group; so is the member's name. */
  readonly group: string | null;
  readonly member: string | null;
  /** Whether this call created the group. */
  readonly isNew: boolean;
  /**
   * Resolves when the subscription has ended, and rejects with the failure that ended it: the error of a handler
   * without a group, or the ledger's. Without `onError` read it at once: if nobody has, the failure becomes a process
   * warning.
   */
  readonly finished: Promise<void>;
  /** Events delivered so far. */
  readonly delivered: number;
  /** Events parked so far, including those that failed a redelivery. */
  readonly parked: number;
  /** Deliveries that the handler has not answered, the oldest first: a handler that hangs shows here, with the time since when. */
  readonly inProgress: readonly DeliveryInProgress[];
  /**
   * Finishes current deliveries, and releases the partitions. Does not reject for a failed subscription. In a handler of
   * its own it resolves at once, because the rest waits for the handler: `finished` is the end, for those outside.
   */
  close(): Promise<void>;
  /** As {@link close}: `await using subscription = await engine.subscribe(..)`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Default of the most events that are delivered and not acknowledged. */
export const CAPACITY = 16384;
/** Shorter leases expire on a loaded machine before they are renewed. */
const LEASE_MS_MIN = 300;
const LEASE_MS_MAX = 366 * 24 * 60 * 60 * 1000;

/** @throws LedgerError INVALID_ARGUMENT */
export function checkOptions(options: SubscribeOptions): void {
  if (options.leaseMs !== undefined && !(options.leaseMs >= LEASE_MS_MIN)) {
    throw invalidArgument(
      `a lease of ${options.leaseMs} ms is too short to be renewed`,
      `use ${LEASE_MS_MIN} ms or more`,
      'leaseMs',
    );
  }
  if (options.leaseMs !== undefined && options.leaseMs > LEASE_MS_MAX) {
    throw invalidArgument(
      `a lease of ${options.leaseMs} ms is too long: a crashed member would block its partitions for that time`,
      'use a year at most',
      'leaseMs',
    );
  }
  const { ackTimeoutMs = 1, backoffMs = 0 } = options;
  if (!(ackTimeoutMs > 0))
    throw invalidArgument(
      `an ack timeout of ${ackTimeoutMs} ms is impossible`,
      'use more than 0 ms, or leave it out',
      'ackTimeoutMs',
    );
  if (!(backoffMs >= 0))
    throw invalidArgument(`a backoff of ${backoffMs} ms is impossible`, 'use 0 ms or more', 'backoffMs');
  if (options.group !== undefined) return;
  const name = OF_MEMBERS.find((each) => options[each] !== undefined);
  if (name === undefined) return;
  throw invalidArgument(`the option ${name} is for members of a group`, 'give the option group, too', name, 'group');
}
