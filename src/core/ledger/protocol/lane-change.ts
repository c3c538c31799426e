/** Decides what the holder of a lease changes about its cursor and about parked events. Pure: storage reads both, and writes what is returned. */

import type { EventToPark, FailedAttempt, LanePosition, ParkedEvent, ParkReason } from '../../model/group.ts';
import { type Cursor, cursorAt } from './group-state.ts';

/** A lane as storage holds it, as long as the lease on it is held. */
export interface LaneState {
  readonly cursor: Cursor;
  /** The parked event that the call names; null if there is none, or if none was named. */
  readonly parked: ParkedEvent | null;
}

/** What a call changes: only what is given. */
export interface LaneChange<Result> {
  readonly cursor?: Cursor | undefined;
  /** The event to be stored in place of the one in {@link LaneState}; null deletes that one. */
  readonly parked?: ParkedEvent | null | undefined;
  readonly result: Result;
}

/**
 * Moves the cursor behind events that were delivered, unless it is further on: it never moves back. Results in whether it moved.
 * What has failed before is over with that.
 */
export function acknowledge({ cursor }: LaneState, position: LanePosition): LaneChange<boolean> {
  if (cursor.nextOffset > position.nextOffset) return { result: false };
  return { cursor: cursorAt(cursor.partition, position), result: true };
}

/**
 * Counts failed deliveries of the next event. `change`: -1 takes one back, if there is one; 0 where it was counted before it began. `failure`: how it has
 * failed; null keeps what is stored of the one before. Results in the failures so far.
 */
export function countFailure(
  { cursor }: LaneState,
  change: 1 | 0 | -1,
  failure: FailedAttempt | null,
): LaneChange<number> {
  const attempts = Math.max(0, cursor.attempts + change);
  const last = failure === null ? cursor.failure : { ...failure, attempts };
  return { cursor: { ...cursor, attempts, failure: last }, result: attempts };
}

/** Parks the next event and moves the cursor past it. One that is parked already, because the cursor was moved back, stays one. */
export function park(lane: LaneState, event: EventToPark): LaneChange<boolean> {
  const { partition, offset, sequence, reason, details } = event;
  const moved = acknowledge(lane, { nextOffset: offset + 1, nextSequence: sequence + 1 });
  if (!moved.result) return moved;
  const { attempts, parkedAt, redeliveryDue } = lane.parked ?? {
    attempts: 0,
    parkedAt: event.now,
    redeliveryDue: false,
  };
  const failures = attempts + event.attempts;
  const parked = { partition, offset, sequence, reason, details, attempts: failures, parkedAt, redeliveryDue };
  return { ...moved, parked };
}

/** Begins the redelivery of an event that is due: counts it and clears the request, because a consumer that crashes cannot report it. */
export function beginRedelivery({ parked: due }: LaneState): LaneChange<ParkedEvent | 'none'> {
  if (due === null) return { result: 'none' };
  const parked = { ...due, attempts: due.attempts + 1, redeliveryDue: false };
  return { parked, result: parked };
}

/** Ends a redelivery: without a failure the event is deleted, otherwise it stays parked for this reason, unless it was dropped meanwhile. */
export function endRedelivery({ parked }: LaneState, failure: ParkReason | null): LaneChange<'forgotten' | 'parked'> {
  if (parked === null) return { result: 'forgotten' };
  if (failure === null) return { parked: null, result: 'forgotten' };
  return { parked: { ...parked, reason: failure.reason, details: failure.details }, result: 'parked' };
}
