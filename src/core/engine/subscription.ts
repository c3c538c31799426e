/** A subscription as its caller sees it: what may be asked for, what it is told of, and how it ends. */

import { invalidArgument } from '../model/ledger-error.ts';
import type { Delivery } from '../output/delivery.ts';
import type { StartPoint } from '../replay/resolve-start.ts';

/** Is done with the events when its promise resolves; a rejection means: not delivered. */
export type Handler = (delivery: Delivery) => Promise<void> | void;

/** Which events, by the first of them. */
export interface DeliveryPosition {
  readonly partition: string;
  readonly offset: number;
  readonly sequence: number;
  readonly events: number;
}

/** A delivery that was not taken. */
export interface FailedDelivery extends DeliveryPosition {
  /** Failed deliveries so far. */
  readonly attempts: number;
  /** One line. */
  readonly reason: string;
  /** The last lines of what a command said to standard error, or empty. */
  readonly details: string;
}

/** All optional; `{}` is a subscription without a group: what comes, live, in the order of the ledger, and what replays tell. */
export interface SubscribeOptions {
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
  /** Ends by itself: after so many events, acknowledged or parked; when the group has come to the head as it is now; or after a silence. For groups. */
  readonly until?:
    | { readonly count?: number | undefined; readonly head?: boolean | undefined; readonly idleMs?: number | undefined }
    | undefined;
  /** A delivery has failed and comes again, not before the pause is over. */
  readonly onRetry?: ((failure: FailedDelivery & { readonly pauseMs: number }) => void) | undefined;
  /** An event was parked, or stays parked after it was delivered again. Default: a process warning, at most one in ten seconds. */
  readonly onParked?: ((failure: FailedDelivery) => void) | undefined;
  /** It was delivered, but by then the lease had gone to another member, who delivers it again, or the group was stepped elsewhere. */
  readonly onFenced?: ((delivery: DeliveryPosition) => void) | undefined;
  /** Which partitions, by name, have come to this member and gone from it. */
  readonly onLeases?:
    | ((change: { readonly gained: readonly string[]; readonly lost: readonly string[] }) => void)
    | undefined;
  /**
   * It cannot go on and has ended: what a handler without a group threw, or the failure of the ledger; `finished` rejects with the same. Default: a
   * process warning, unless `finished` was asked for by then.
   */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Closes it. */
  readonly signal?: AbortSignal | undefined;
}

export interface Subscription {
  /** Null without a group, as the member's name. */
  readonly group: string | null;
  readonly member: string | null;
  /** Whether the group was made by this call. */
  readonly isNew: boolean;
  /**
   * Settles when it has ended, and rejects with what made it impossible to go on: the failure of a handler without a group, or of the ledger.
   * Without `onError` ask for it at once: where nobody has, the failure becomes a process warning.
   */
  readonly finished: Promise<void>;
  /** Events that were taken so far. */
  readonly delivered: number;
  /** Events that were parked so far, or stay parked after another delivery. */
  readonly parked: number;
  /**
   * Finishes what is in hand, and gives up its partitions. Does not reject for a subscription that has failed. A handler may call it, but must not wait
   * for it, which waits for the handler.
   */
  close(): Promise<void>;
}

/** Events in hand. */
export const CAPACITY = 16384;
/** Less than this a busy machine does not keep. */
const LEASE_MS_MIN = 300;
const LEASE_MS_MAX = 366 * 24 * 60 * 60 * 1000;

/** @throws LedgerError INVALID_ARGUMENT */
export function checkOptions(options: SubscribeOptions): void {
  if (options.leaseMs !== undefined && !(options.leaseMs >= LEASE_MS_MIN)) {
    throw invalidArgument(
      `a lease of ${options.leaseMs} ms is too short to be renewed`,
      `give ${LEASE_MS_MIN} ms or more`,
    );
  }
  if (options.leaseMs !== undefined && options.leaseMs > LEASE_MS_MAX) {
    throw invalidArgument(
      `a lease of ${options.leaseMs} ms is too long: a member that dies would hold its partitions for all of it`,
      'give a year at most',
    );
  }
  const { ackTimeoutMs = 1, backoffMs = 0 } = options;
  if (!(ackTimeoutMs > 0))
    throw invalidArgument(`nobody answers within ${ackTimeoutMs} ms`, 'give more than 0 ms, or leave it out');
  if (!(backoffMs >= 0)) throw invalidArgument(`a pause cannot last ${backoffMs} ms`, 'give 0 ms or more');
  const { group, member, until } = options;
  if (group === undefined && (member !== undefined || until !== undefined))
    throw invalidArgument('a member without a group', 'name the group too');
}
