/** What emission asks of a router of sticky sessions. No I/O. */

import type { RoutableLine } from '../../scan/scanned-field.ts';
import type { Micros } from '../time/time.ts';
import type { PartitionId } from './partition.ts';
import type { IdleRule, Pin, PinChanges, SessionLines, SessionNumber } from './session-pins.ts';
import type { SessionStore } from './session-store.ts';

/** Decides where sessions go, from the pins it has learned and from the order and ledger times of events. */
export interface SessionRouter {
  /** Approximate memory of its sessions, in bytes. */
  readonly bytes: number;
  /** The session of a line; NO_SESSION if it has no key. */
  sessionOf(line: RoutableLine): SessionNumber;
  /** Whether the text of a line's key says which session it is: false where one is given for all lines, or where some keys are placed. */
  readonly isByKeyAlone: boolean;
  /** Where its sessions are. */
  readonly store: SessionStore;
  /** Moves its sessions into another store, such as one in the kernel's memory, under the same numbers. A draft that was not confirmed is forgotten. */
  keepIn(makeStore: (idle: IdleRule) => SessionStore): void;
  /** The ledger holds no pins, so none need be requested; pins made by others meanwhile show as a conflict. */
  assumeNone(): void;
  /** Sessions seen since the last call whose pins were not yet requested from the ledger. Returns each once. */
  takeUnasked(): readonly string[];
  /** Adopts the ledger's state for these pins; others stay unchanged. */
  learn(pins: Iterable<Pin>): void;
  /** Begins a draft; one that was not confirmed is forgotten. `head`: as in the basis of sessions; null if it is not known. */
  begin(loads: readonly number[], head?: number | null): void;
  /** The partition of the session's next event. `time`: the event's ledger time, which never decreases. */
  assign(session: SessionNumber, time: Micros): PartitionId;
  /**
   * Assigns the first `limit` lines of a chunk, in order, those without a session counted: as {@link assign} for each with the time of its event, which is at
   * least `floor` and, where the line has none, `now`.
   */
  assignLines(lines: SessionLines, limit: number, floor: Micros, now: Micros): void;
  /** Counts an event of the draft without a session: it adds to the load of its partition like any other. */
  count(partition: PartitionId): void;
  changes(): PinChanges;
  /** Marks the draft, of this number of events, as committed. Returns the function that undoes this; undo several in reverse order. */
  confirm(events: number): () => void;
  /**
   * Forgets all sessions and their numbers: bounds the memory, since the ledger can be asked again. Not while a draft
   * is in flight.
   */
  forget(): void;
}
