/**
 * Implements the port for consumer groups over small records that many machines change, each under its revision. A group is one record (`g`), and the one
 * write of it is what makes a change; each cursor is a record (`c`), whose revision is the fence of its lease; so is each parked event (`k`).
 * No time of a caller is compared with that of another machine: leases are kept by the clock of the store.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type {
  Acknowledgement,
  GroupSummary,
  HeldLease,
  LanePosition,
  ParkedChange,
  ParkedEvent,
  ParkedSelection,
} from '../../model/group.ts';
import { LedgerError } from '../../model/ledger-error.ts';
import type { PartitionId } from '../../model/routing/partition.ts';
import type { Micros } from '../../model/time/time.ts';
import type { Decided, GroupStore, ParkedStep } from '../group-store.ts';
import type { Cursor, GroupFacts, GroupState } from '../protocol/group-state.ts';
import type { LaneChange, LaneState } from '../protocol/lane-change.ts';
import { type CursorRecord, CursorRecords } from './groups/cursor-records.ts';
import { GroupRecords } from './groups/group-records.ts';
import { firstGeneration, generationOf, isPassed, stateOf, valueAfter } from './groups/group-value.ts';
import { inParallel } from './groups/in-parallel.ts';
import { LaneRecords } from './groups/lane-records.ts';
import { ParkedRecords } from './groups/parked-records.ts';
import { isUnanswered, type Pauses, RecordEditor } from './groups/record-editor.ts';
import { groupKey } from './groups/record-keys.ts';
import type { Fence, GroupValue } from './groups/record-values.ts';
import { dueHintOf, Redeliveries } from './groups/redeliveries.ts';
import { StoreClock } from './groups/store-clock.ts';
import { summarizeGroups } from './groups/summaries.ts';
import { Turns } from './groups/turns.ts';
import type { LedgerFacts } from './ledger-facts.ts';
import type { RecordStore } from './record-store.ts';

interface ListedCursors {
  /** The group's value before they were read. */
  readonly of: GroupValue | null;
  readonly cursors: Map<PartitionId, CursorRecord>;
}

type DecideGroup<Result> = (state: GroupState | null, facts: GroupFacts) => Decided<Result>;

const REAL_PAUSES: Pauses = { sleep: (ms) => sleep(ms), chance: Math.random };

export class LogGroups implements GroupStore {
  readonly #facts: LedgerFacts;
  readonly #clock: StoreClock;
  readonly #groups: GroupRecords;
  readonly #cursors: CursorRecords;
  readonly #lanes: LaneRecords;
  readonly #parked: ParkedRecords;
  readonly #redeliveries: Redeliveries;
  readonly #turns = new Turns();

  constructor(records: RecordStore, facts: LedgerFacts, pauses: Pauses = REAL_PAUSES) {
    const editor = new RecordEditor(records, pauses);
    this.#facts = facts;
    this.#clock = new StoreClock(editor);
    this.#groups = new GroupRecords(editor);
    this.#cursors = new CursorRecords(editor);
    this.#lanes = new LaneRecords(editor, this.#cursors, this.#turns);
    this.#parked = new ParkedRecords(editor);
    this.#redeliveries = new Redeliveries(this.#clock, this.#groups, this.#cursors, this.#lanes, this.#parked);
  }

  async generation(group: string): Promise<number | null> {
    const record = await this.#groups.get(group);
    return record && generationOf(record.value, (await this.#facts.partitions()).ids.length);
  }

  async state(group: string): Promise<GroupState | null> {
    const record = await this.#groups.get(group);
    if (record === null) return null;
    const cursors = await this.#cursors.ofGroup(group);
    return stateOf(record.value, cursors, (await this.#facts.partitions()).ids.length);
  }

  change<Result>(group: string, decide: DecideGroup<Result>): Promise<Result> {
    return this.#turns.take(groupKey(group), () => this.#change(group, decide));
  }

  async #change<Result>(group: string, decide: DecideGroup<Result>): Promise<Result> {
    const now = await this.#clock.now();
    const { ids, endOf } = await this.#facts.partitions();
    let listed = await this.#list(group, (await this.#groups.get(group))?.value ?? null);
    const { value, result: decided } = await this.#groups.change(group, async (found) => {
      if (!isListed(found, listed)) listed = await this.#list(group, found);
      const { cursors } = listed;
      // of a change whose process ended before it had brought the cursors after
      if (found !== null) await this.#passFences(group, found, cursors);
      const before = found && stateOf(found, cursors, ids.length);
      const hasDue = (partition: PartitionId) => dueHintOf(found, partition) !== undefined;
      const facts: GroupFacts = { partitions: ids, endOf, hasDue, timeOf: () => now };
      const { state, result } = decide(before, facts);
      const answer = { before, facts, cursors, hasChanged: state !== null, result };
      if (state === null) return { result: answer };
      const least = found === null ? firstGeneration(cursors.values()) : 0;
      const after = { ...state, generation: Math.max(state.generation, least) };
      return { write: valueAfter(found, before, after, ids.length), result: answer };
    });
    const { before, facts, cursors, hasChanged, result } = decided;
    if (!hasChanged || value === null) return result;
    const left = await afterwards(group, () => this.#passFences(group, value, cursors));
    const isAhead = ({ partition, nextOffset }: Cursor) =>
      (left.get(partition)?.nextOffset ?? nextOffset) !== nextOffset;
    if (before === null || !before.cursors.some(isAhead)) return result;
    // The former holders have acknowledged more until their leases ended. It is as if they had done so before this change.
    const moved = before.cursors.map((cursor) => ({ ...cursor, ...left.get(cursor.partition) }));
    return decide({ ...before, cursors: moved }, facts).result;
  }

  /**
   * The cursors of the group as it is now. They are read before the group's record is read and written, because that takes long: of eight members that renewed
   * their leases at once on a busy machine two thirds were refused, most of them many times.
   */
  async #list(group: string, of: GroupValue | null): Promise<ListedCursors> {
    return { of, cursors: await this.#cursors.ofGroup(group) };
  }

  /** Brings the cursors after a change of the group. `cursors`: their records, which are replaced. Returns where former holders have left them, by partition. */
  async #passFences(
    group: string,
    { fences }: GroupValue,
    cursors: Map<PartitionId, CursorRecord>,
  ): Promise<Map<PartitionId, LanePosition>> {
    const left = new Map<PartitionId, LanePosition>();
    const isOpen = (fence: Fence) => !isPassed(fence, cursors.get(fence.partition)?.value ?? null);
    await inParallel(fences.filter(isOpen), async (fence) => {
      const { partition } = fence;
      const { record, result } = await this.#cursors.pass(group, fence, cursors.get(partition) ?? null);
      if (record !== null) cursors.set(partition, record);
      if (result !== null) left.set(partition, { nextOffset: result.nextOffset, nextSequence: result.nextSequence });
    });
    return left;
  }

  /**
   * Parked events first, so that none is left for a group that is made again under the name. Without its record, a group's members end with their next
   * heartbeat. The records of cursors stay: a new group takes its tokens from there on, and none of them comes back.
   */
  remove(group: string, check: (state: GroupState | null, facts: GroupFacts) => void): Promise<void> {
    return this.#turns.take(groupKey(group), async () => {
      const now = await this.#clock.now();
      const { ids, endOf } = await this.#facts.partitions();
      await this.#groups.remove(group, async (found) => {
        const cursors = await this.#cursors.ofGroup(group);
        const hasDue = (partition: PartitionId) => dueHintOf(found, partition) !== undefined;
        check(found && stateOf(found, cursors, ids.length), { partitions: ids, endOf, hasDue, timeOf: () => now });
        await this.#parked.removeAll(group);
      });
      // what members have parked in between
      await afterwards(group, () => this.#parked.removeAll(group));
    });
  }

  /** Each by itself: one that fails changes nothing about the others. */
  acknowledge(acknowledgements: readonly Acknowledgement[]): Promise<boolean[]> {
    return inParallel(acknowledgements, (to) => this.#lanes.acknowledge(to));
  }

  async changeLane<Result>(
    heldLease: HeldLease,
    parked: number | 'due' | null,
    decide: (lane: LaneState) => LaneChange<Result>,
  ): Promise<Result | null> {
    if (parked === null) return this.#lanes.changeCursor(heldLease, decide);
    if (parked !== 'due') return this.#lanes.changeBoth(heldLease, parked, decide);
    return this.#redeliveries.changeDue(heldLease, decide);
  }

  async parked(group: string, selection: ParkedSelection): Promise<ParkedEvent[] | null> {
    if ((await this.#groups.get(group)) === null) return null;
    const cursors = await this.#cursors.ofGroup(group);
    return (await this.#parked.select(group, selection, cursors)).map(({ event }) => event);
  }

  changeParked(group: string, selection: ParkedSelection, change: ParkedChange): Promise<ParkedStep | null> {
    return this.#redeliveries.changeParked(group, selection, change);
  }

  /** None where the store cannot keep groups. */
  async summaries(now: Micros): Promise<GroupSummary[]> {
    try {
      return await summarizeGroups(this.#groups, this.#cursors, this.#parked, this.#facts, now);
    } catch (error) {
      if (error instanceof LedgerError && error.code === 'UNSUPPORTED_SERVER') return [];
      throw error;
    }
  }
}

/** Whether no lease and no cursor has been moved by a change of the group since: others have renewed their leases at most. */
function isListed(found: GroupValue | null, { of }: ListedCursors): boolean {
  return found !== null && of !== null && found.generation === of.generation && found.createdAt === of.createdAt;
}

/** What follows a change that is made already: its failure does not say that nothing was stored. @throws LedgerError OUTCOME_UNKNOWN */
async function afterwards<Result>(group: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!isUnanswered(error) && !(error instanceof LedgerError && error.code === 'BUSY')) throw error;
    throw new LedgerError('OUTCOME_UNKNOWN', {
      message: `group ${group} was changed, but not all of its cursors could be written`,
      hint: 'run the same command again: the next change of the group writes them',
      details: { group },
      cause: error,
    });
  }
}
