/** The calls about consumer groups, over any storage: durable cursors, leases with fencing tokens, parked events. Each is one transaction. Times come from the caller. */

import { checkClientName } from '../model/client-name.ts';
import type {
  Acknowledgement,
  CursorMove,
  EventToPark,
  FailedAttempt,
  GroupPlan,
  GroupSummary,
  Heartbeat,
  HeldLease,
  LanePosition,
  Membership,
  ParkedChange,
  ParkedEvent,
  ParkedSelection,
  ParkedSpan,
  ParkReason,
  RedeliveryOutcome,
} from '../model/group.ts';
import type { PartitionId } from '../model/routing/partition.ts';
import type { Micros } from '../model/time/time.ts';
import type { GroupStore, ParkedStep } from './group-store.ts';
import { decideMove, newGroup, planMove } from './protocol/cursor-move.ts';
import { checkDeletion, type GroupDeletion } from './protocol/group-delete.ts';
import { notParked, unknownGroup } from './protocol/group-errors.ts';
import { beginRedelivery, countFailure, endRedelivery, park } from './protocol/lane-change.ts';
import { decideHeartbeat, decideLeave } from './protocol/membership.ts';

/** The part of a ledger that groups need. */
export interface GroupLedger {
  readonly groupStore: GroupStore;
  positionsAt(sequence: number): Promise<LanePosition[]>;
}

export class Groups {
  readonly #ledger: GroupLedger;
  readonly #store: GroupStore;

  constructor(ledger: GroupLedger) {
    this.#ledger = ledger;
    this.#store = ledger.groupStore;
  }

  /** Creates the group, with its cursors before `fromSequence`. Returns false if it exists, and leaves it unchanged then. @throws LedgerError INVALID_ARGUMENT for its name */
  async create(group: string, fromSequence: number, now: Micros): Promise<boolean> {
    checkClientName('group', group);
    const positions = await this.#ledger.positionsAt(fromSequence);
    return this.#store.change(group, (state) =>
      state === null ? { state: newGroup(now, positions), result: true } : { state: null, result: false },
    );
  }

  /** Joins or renews the member, claims free partitions that are due to it, releases idle surplus ones. @throws LedgerError MEMBER_REPLACED, UNKNOWN_GROUP */
  heartbeat(beat: Heartbeat): Promise<Membership> {
    return this.#store.change(beat.group, (found, facts) => {
      const before = known(beat.group, found);
      const { state, membership } = decideHeartbeat(before, beat, facts);
      return { state: state === before ? null : state, result: membership };
    });
  }

  /** Removes the member and releases its leases. */
  leave(group: string, member: string, token: number): Promise<void> {
    return this.#store.change(group, (found) => ({
      state: found && decideLeave(found, member, token),
      result: undefined,
    }));
  }

  /** See {@link Membership.generation}; null if there is no such group. */
  generation(group: string): Promise<number | null> {
    return this.#store.generation(group);
  }

  /** Advances cursors. False for each whose lease was lost: that cursor stays where it is. */
  acknowledge(acknowledgements: readonly Acknowledgement[]): Promise<boolean[]> {
    return this.#store.acknowledge(acknowledgements);
  }

  /**
   * Counts a failed delivery of the next event, or one that may crash the consumer; -1 takes back what was counted before a delivery that then succeeded
   * or never ended. `failure`: stored as the last one, in the same transaction, until the cursor moves; null where none has happened.
   * Returns the failures so far; null if the lease is lost.
   */
  countFailure(heldLease: HeldLease, change: 1 | 0 | -1, failure: FailedAttempt | null): Promise<number | null> {
    return this.#store.changeLane(heldLease, null, (lane) => countFailure(lane, change, failure));
  }

  /** Parks the next event and moves the cursor past it, in one transaction. False if the lease is lost. */
  async park(heldLease: HeldLease, event: EventToPark): Promise<boolean> {
    return (await this.#store.changeLane(heldLease, event.sequence, (lane) => park(lane, event))) ?? false;
  }

  /**
   * Takes the next parked event of the partition that is due. The delivery is counted and the request cleared before it begins, because a consumer that
   * crashes on the event cannot report it. `lost`: the lease is lost.
   */
  async beginRedelivery(heldLease: HeldLease): Promise<ParkedEvent | 'none' | 'lost'> {
    return (await this.#store.changeLane(heldLease, 'due', beginRedelivery)) ?? 'lost';
  }

  /** Ends the redelivery of a parked event: without a failure it is deleted, otherwise it stays parked for this reason. */
  async endRedelivery(heldLease: HeldLease, sequence: number, failure: ParkReason | null): Promise<RedeliveryOutcome> {
    return (await this.#store.changeLane(heldLease, sequence, (lane) => endRedelivery(lane, failure))) ?? 'lost';
  }

  /** Takes back a redelivery that did not end: the event is due again. Needs no lease: its present holder delivers the event then. */
  async undoRedelivery(group: string, sequence: number): Promise<void> {
    await this.#store.changeParked(group, [sequence], 'undoRedelivery');
  }

  /** By sequence. @throws LedgerError UNKNOWN_GROUP */
  async parked(group: string, span: ParkedSpan): Promise<ParkedEvent[]> {
    return known(group, await this.#store.parked(group, span));
  }

  /** Checks that all of these are parked. @throws LedgerError UNKNOWN_GROUP, NOT_PARKED */
  async checkParked(group: string, sequences: readonly number[]): Promise<void> {
    const parked = new Set(known(group, await this.#store.parked(group, sequences)).map(({ sequence }) => sequence));
    const missing = sequences.find((sequence) => !parked.has(sequence));
    if (missing !== undefined) throw notParked(group, missing);
  }

  /**
   * Requests one more delivery of parked events, or drops them: of a span, or all that are named or none.
   * @throws LedgerError UNKNOWN_GROUP, NOT_PARKED
   */
  async changeParked(
    group: string,
    selection: ParkedSelection,
    change: Exclude<ParkedChange, 'undoRedelivery'>,
  ): Promise<Omit<ParkedStep, 'missing'>> {
    const { missing, ...step } = known(group, await this.#store.changeParked(group, selection, change));
    if (missing !== null) throw notParked(group, missing);
    return step;
  }

  /** Positions of the group's cursors, by partition. @throws LedgerError UNKNOWN_GROUP */
  async positions(group: string): Promise<readonly (LanePosition & { readonly partition: PartitionId })[]> {
    return known(group, await this.#store.state(group)).cursors;
  }

  /** Plans {@link move} without doing it. @throws LedgerError UNKNOWN_GROUP */
  async planMove(move: CursorMove): Promise<GroupPlan> {
    const positions = await this.#ledger.positionsAt(move.sequence);
    return planMove(known(move.group, await this.#store.state(move.group)), move, positions);
  }

  /** Moves the cursors and ends the leases on them. @throws LedgerError UNKNOWN_GROUP, GROUP_IN_USE */
  async move(move: CursorMove): Promise<GroupPlan> {
    const positions = await this.#ledger.positionsAt(move.sequence);
    return this.#store.change(move.group, (found, { timeOf }) => {
      const before = known(move.group, found);
      const plan = planMove(before, { ...move, now: timeOf(move.now) }, positions);
      return { state: decideMove(before, move, plan), result: plan };
    });
  }

  /** Deletes the group with all that is stored of it. Its members end with UNKNOWN_GROUP. @throws LedgerError UNKNOWN_GROUP, GROUP_IN_USE */
  delete(deletion: GroupDeletion): Promise<void> {
    return this.#store.remove(deletion.group, (state, { timeOf }) =>
      checkDeletion(state, { ...deletion, now: timeOf(deletion.now) }),
    );
  }

  /** Whether {@link delete} would be refused now. @throws LedgerError UNKNOWN_GROUP, GROUP_IN_USE */
  async checkDeletion(deletion: GroupDeletion): Promise<void> {
    checkDeletion(await this.#store.state(deletion.group), deletion);
  }

  /** All groups by name. */
  summaries(now: Micros): Promise<GroupSummary[]> {
    return this.#store.summaries(now);
  }
}

/** @throws LedgerError UNKNOWN_GROUP */
function known<Found>(group: string, found: Found | null): Found {
  if (found === null) throw unknownGroup(group);
  return found;
}
