/**
 * Requests for redelivery. A request marks the records of events, and leaves a hint in the group's record, so that no heartbeat has to list parked events. A
 * hint may be there for nothing; no event is marked without one.
 */

import type { HeldLease, ParkedChange, ParkedSelection } from '../../../model/group.ts';
import type { PartitionId } from '../../../model/routing/partition.ts';
import type { Micros } from '../../../model/time/time.ts';
import type { ParkedStep } from '../../group-store.ts';
import type { LaneChange, LaneState } from '../../protocol/lane-change.ts';
import type { CursorRecords } from './cursor-records.ts';
import type { GroupRecords } from './group-records.ts';
import { cursorOf } from './group-value.ts';
import { inParallel } from './in-parallel.ts';
import type { LaneRecords } from './lane-records.ts';
import type { ParkedRecords } from './parked-records.ts';
import type { DueHint, GroupValue } from './record-values.ts';
import type { StoreClock } from './store-clock.ts';

/** After this long no answer of the store is older than a write: hints that came to nothing are forgotten. */
const OLDEST_ANSWER: Micros = 10_000_000;

export class Redeliveries {
  readonly #clock: StoreClock;
  readonly #groups: GroupRecords;
  readonly #cursors: CursorRecords;
  readonly #lanes: LaneRecords;
  readonly #parked: ParkedRecords;

  constructor(
    clock: StoreClock,
    groups: GroupRecords,
    cursors: CursorRecords,
    lanes: LaneRecords,
    parked: ParkedRecords,
  ) {
    this.#clock = clock;
    this.#groups = groups;
    this.#cursors = cursors;
    this.#lanes = lanes;
    this.#parked = parked;
  }

  /** Changes the first event of the partition that waits for redelivery; `decide` gets none if none does. Null if the lease was lost. */
  async changeDue<Result>(lease: HeldLease, decide: (lane: LaneState) => LaneChange<Result>): Promise<Result | null> {
    const { group, partition } = lease;
    const cursor = await this.#lanes.prove(lease);
    if (cursor === null) return null;
    const hint = dueHintOf((await this.#groups.get(group))?.value ?? null, partition);
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
      if (dueHintOf(value, partition)?.since !== since || value === null) return { result: null };
      return {
        write: nextWrite(value, { due: value.due.filter((hint) => hint.partition !== partition) }),
        result: null,
      };
    });
  }

  /**
   * Each event is changed by itself: where it fails in between, some are. Of named events none is
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
}

export function dueHintOf(value: GroupValue | null, partition: PartitionId): DueHint | undefined {
  return value?.due.find((hint) => hint.partition === partition);
}

function nextWrite(value: GroupValue, change: Partial<GroupValue>): GroupValue {
  return { ...value, ...change, writes: value.writes + 1 };
}
