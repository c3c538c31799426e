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
import { type Cursor, cursorsOfAll, type GroupFacts, type GroupState } from '../protocol/group-state.ts';
import { summarizeGroup } from '../protocol/group-summary.ts';
import type { LaneChange, LaneState } from '../protocol/lane-change.ts';
import { type CursorRecord, CursorRecords } from './groups/cursor-records.ts';
import { GroupRecords } from './groups/group-records.ts';
import { cursorOf, firstGeneration, generationOf, isPassed, stateOf, valueAfter } from './groups/group-value.ts';
import { inParallel } from './groups/in-parallel.ts';
import { LaneRecords } from './groups/lane-records.ts';
import { ParkedRecords } from './groups/parked-records.ts';
import { isUnanswered, type Pauses, RecordEditor } from './groups/record-editor.ts';
import { groupKey } from './groups/record-keys.ts';
import type { DueHint, Fence, GroupValue } from './groups/record-values.ts';
import { StoreClock } from './groups/store-clock.ts';
import { Turns } from './groups/turns.ts';
import type { RecordStore } from './record-store.ts';

/** What groups ask the ledger whose events they read. */
export interface LedgerFacts {
  /** As of one moment, and not before the call as far as this process can know. */
  partitions(): Promise<PartitionEnds>;
  /** Ledger time of the event at the cursor; asked only where there is one. */
  timeOfNext(cursor: Cursor): Promise<Micros | null>;
}

export interface PartitionEnds {
  /** All partitions of the ledger, in order. */
  readonly ids: readonly PartitionId[];
  /** The offset that the next event of the partition gets. */
  endOf(partition: PartitionId): number;
}

/** After this long no answer of the store is older than a write: hints that came to nothing are forgotten. */
const OLDEST_ANSWER: Micros = 10_000_000;

type DecideGroup<Result> = (state: GroupState | null, facts: GroupFacts) => Decided<Result>;

const REAL_PAUSES: Pauses = { sleep: (ms) => sleep(ms), chance: Math.random };

export class LogGroups implements GroupStore {
  readonly #facts: LedgerFacts;
  readonly #clock: StoreClock;
  readonly #groups: GroupRecords;
  readonly #cursors: CursorRecords;
  readonly #lanes: LaneRecords;
  readonly #parked: ParkedRecords;
  readonly #turns = new Turns();

  constructor(records: RecordStore, facts: LedgerFacts, pauses: Pauses = REAL_PAUSES) {
    const editor = new RecordEditor(records, pauses);
    this.#facts = facts;
    this.#clock = new StoreClock(editor);
    this.#groups = new GroupRecords(editor);
    this.#cursors = new CursorRecords(editor);
    this.#lanes = new LaneRecords(editor, this.#cursors, this.#turns);
    this.#parked = new ParkedRecords(editor);
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
    const { value, result: decided } = await this.#groups.change(group, async (found) => {
      const cursors = await this.#cursors.ofGroup(group);
      // of a change whose process ended before it had brought the cursors after
      if (found !== null) await this.#passFences(group, found, cursors);
      const before = found && stateOf(found, cursors, ids.length);
      const hasDue = (partition: PartitionId) => hintOf(found, partition) !== undefined;
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
    return this.#changeDue(heldLease, decide);
  }

  async #changeDue<Result>(lease: HeldLease, decide: (lane: LaneState) => LaneChange<Result>): Promise<Result | null> {
    const { group, partition } = lease;
    const cursor = await this.#lanes.prove(lease);
    if (cursor === null) return null;
    const hint = hintOf((await this.#groups.get(group))?.value ?? null, partition);
    const decideOnDue = (lane: LaneState): LaneChange<{ readonly of: Result } | null> => {
      if (lane.parked?.redeliveryDue !== true) return { result: null };
      const { result, ...change } = decide(lane);
      return { ...change, result: { of: result } };
    };
    while (hint !== undefined) {
      const sequence = await this.#parked.firstDue(group, partition, hint.since, cursor);
      if (sequence === null) break;
      const decided = await this.#lanes.changeParked(lease, cursor, sequence, decideOnDue);
      if (decided !== null) return decided.of;
    }
    if (hint !== undefined && Math.abs(cursor.writtenAt - hint.since) > OLDEST_ANSWER) await this.#forget(group, hint);
    return decide({ cursor: cursorOf(partition, cursor.value), parked: null }).result;
  }

  /** Nothing of the partition is due any more, unless it was requested since. */
  async #forget(group: string, { partition, since }: DueHint): Promise<void> {
    await this.#groups.change(group, (value) => {
      if (hintOf(value, partition)?.since !== since || value === null) return { result: null };
      return {
        write: nextWrite(value, { due: value.due.filter((hint) => hint.partition !== partition) }),
        result: null,
      };
    });
  }

  async parked(group: string, selection: ParkedSelection): Promise<ParkedEvent[] | null> {
    if ((await this.#groups.get(group)) === null) return null;
    const cursors = await this.#cursors.ofGroup(group);
    return (await this.#parked.select(group, selection, cursors)).map(({ event }) => event);
  }

  /**
   * Events are changed one after the other, the last one at the end: where it fails in between, the same call does the rest. Of named events none is
   * changed unless all are parked when it begins.
   */
  async changeParked(group: string, selection: ParkedSelection, change: ParkedChange): Promise<ParkedStep | null> {
    if ((await this.#groups.get(group)) === null) return null;
    const cursors = await this.#cursors.ofGroup(group);
    const found = await this.#parked.select(group, selection, cursors);
    if (!('after' in selection)) {
      const sequences = new Set(found.map(({ event }) => event.sequence));
      const missing = selection.find((sequence) => !sequences.has(sequence));
      if (missing !== undefined) return { count: 0, last: null, missing };
    }
    const partitions = new Set(found.map(({ event }) => event.partition));
    // Before the events, so that none is due without a hint; and after them, because a holder may have found none meanwhile.
    if (change !== 'drop' && found.length > 0) await this.#hint(group, partitions, 0);
    const isChanged = await inParallel(found, (each) => this.#parked.change(each, cursors, change));
    if (change !== 'drop' && found.length > 0) await this.#hint(group, partitions, 1);
    const sequences = found.filter((_, at) => isChanged[at]).map(({ event }) => event.sequence);
    const last = sequences.reduce<number | null>((most, sequence) => Math.max(most ?? 0, sequence), null);
    return { count: sequences.length, last, missing: null };
  }

  /** Events of these partitions become due. `generations`: how many begin. */
  async #hint(group: string, partitions: ReadonlySet<PartitionId>, generations: number): Promise<void> {
    const since = await this.#clock.now();
    await this.#groups.change(group, (value) => {
      if (value === null) return { result: null };
      const others = value.due.filter(({ partition }) => !partitions.has(partition));
      const due = [...others, ...[...partitions].map((partition) => ({ partition, since }))];
      due.sort((one, other) => one.partition - other.partition);
      return { write: nextWrite(value, { due, generation: value.generation + generations }), result: null };
    });
  }

  /** Members are shown as alive by the time of the newest record, or by the caller's clock where that is later: a guess, by which nothing is decided. */
  async summaries(now: Micros): Promise<GroupSummary[]> {
    const groups = await this.#groups.all();
    const partitions = await this.#facts.partitions();
    const lateness = groups.reduce((most, { writtenAt }) => Math.max(most, writtenAt - now), 0);
    const summaries: GroupSummary[] = [];
    for (const { name, value } of groups) {
      const cursors = await this.#cursors.ofGroup(name);
      const stored = stateOf(value, cursors, partitions.ids.length);
      const members = stored.members.map((member) => ({ ...member, expiresAt: member.expiresAt - lateness }));
      const parked = (await this.#parked.all(name, cursors)).length;
      const timeOfNext = await this.#timesOfNext(stored, partitions);
      const { ids, endOf } = partitions;
      const facts = { name, state: { ...stored, members }, parked, partitions: ids, endOf, timeOfNext };
      summaries.push(summarizeGroup(facts, now));
    }
    return summaries;
  }

  async #timesOfNext(state: GroupState, { ids, endOf }: PartitionEnds): Promise<(cursor: Cursor) => Micros | null> {
    const behind = cursorsOfAll(state.cursors, ids).filter(
      ({ partition, nextOffset }) => endOf(partition) > nextOffset,
    );
    const times = await inParallel(behind, (cursor) => this.#facts.timeOfNext(cursor));
    const byPartition = new Map(behind.map(({ partition }, at) => [partition, times[at] ?? null]));
    return ({ partition }) => byPartition.get(partition) ?? null;
  }
}

function hintOf(value: GroupValue | null, partition: PartitionId): DueHint | undefined {
  return value?.due.find((hint) => hint.partition === partition);
}

function nextWrite(value: GroupValue, change: Partial<GroupValue>): GroupValue {
  return { ...value, ...change, writes: value.writes + 1 };
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
