/**
 * The port for consumer groups: what a storage keeps of them. A group is one record (generation, members, leases), and one more for each cursor and each
 * parked event. What calls change is decided in `protocol/`; a storage reads records, has the change decided and writes it, all of it or nothing.
 * A decision is a function of what it is given, so it may be asked again where the records were changed by another process meanwhile.
 * None of this changes the chain. Every method may also reject with the codes that {@link Ledger} names for all of its methods.
 */

import type {
  Acknowledgement,
  GroupSummary,
  HeldLease,
  ParkedChange,
  ParkedEvent,
  ParkedSelection,
} from '../model/group.ts';
import type { Micros } from '../model/time/time.ts';
import type { GroupFacts, GroupState } from './protocol/group-state.ts';
import type { LaneChange, LaneState } from './protocol/lane-change.ts';

/** What a call changes, and its answer. */
export interface Decided<Result> {
  /** The group after the call; what does not change in it is the same object as before. Null: nothing is written. */
  readonly state: GroupState | null;
  readonly result: Result;
}

/** Outcome of a change of parked events. */
export interface ParkedStep {
  readonly count: number;
  /** Sequence of the last of them; null if there was none. */
  readonly last: number | null;
  /** The first sequence that was named and is not parked: then nothing was changed. Null if all are. */
  readonly missing: number | null;
}

export interface GroupStore {
  /** The group's generation alone, which each member asks for whenever the ledger may have changed; null if there is no such group. */
  generation(group: string): Promise<number | null>;
  /** Null if there is no such group. */
  state(group: string): Promise<GroupState | null>;
  /** Changes the group; one that has no state yet is created. @throws whatever `decide` throws; nothing is written then */
  change<Result>(
    group: string,
    decide: (state: GroupState | null, facts: GroupFacts) => Decided<Result>,
  ): Promise<Result>;
  /**
   * Advances cursors as `acknowledge` of `protocol/lane-change.ts` does, in one transaction or each by itself. False for each whose lease was lost, or that
   * is further on: it stays. The one call that is made for every delivery, so a storage may do it by a write with a condition, without reading first.
   */
  acknowledge(acknowledgements: readonly Acknowledgement[]): Promise<boolean[]>;
  /**
   * Changes the cursor of a lane, and one parked event of its partition, as long as the lease is held. `parked`: that event's sequence; `due` is the first
   * that waits for redelivery, null none. Returns null if the lease was lost: nothing is written then.
   */
  changeLane<Result>(
    heldLease: HeldLease,
    parked: number | 'due' | null,
    decide: (lane: LaneState) => LaneChange<Result>,
  ): Promise<Result | null>;
  /** Parked events by sequence; those that are named and not parked are left out. Null if there is no such group. */
  parked(group: string, selection: ParkedSelection): Promise<ParkedEvent[] | null>;
  /**
   * Changes parked events without a lease. Where events become due the group begins a new generation: its members then send a heartbeat, which reports
   * them. Null if there is no such group.
   */
  changeParked(group: string, selection: ParkedSelection, change: ParkedChange): Promise<ParkedStep | null>;
  /** Deletes the group and its parked events; one that is made again under its name begins with cursors of its own. Nothing is deleted if `check` throws. @throws whatever `check` throws */
  remove(group: string, check: (state: GroupState | null, facts: GroupFacts) => void): Promise<void>;
  /** All groups by name, each by `summarizeGroup`. */
  summaries(now: Micros): Promise<GroupSummary[]>;
}
