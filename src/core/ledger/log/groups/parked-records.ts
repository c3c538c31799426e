/**
 * Reads the records of parked events, and changes them without a lease. An event that is being parked has its record first, as `parking`; it counts from
 * the write of the cursor on that names the id of that record. Whatever was left before that write is as if it were not there.
 */

import type { ParkedChange, ParkedEvent, ParkedSelection } from '../../../model/group.ts';
import type { PartitionId } from '../../../model/routing/partition.ts';
import type { Micros } from '../../../model/time/time.ts';
import type { CursorRecord } from './cursor-records.ts';
import { inParallel } from './in-parallel.ts';
import type { RecordEditor, Versioned } from './record-editor.ts';
import { eventOfKey, parkedIn, parkedKey, parkedOf } from './record-keys.ts';
import { type CursorValue, PARKED, type ParkedValue } from './record-values.ts';

/** Records that are read one by one before all are listed in one answer. */
const LOOK_UPS_MAX = 512;

type ParkedRecord = Versioned<ParkedValue>;
export type Cursors = ReadonlyMap<PartitionId, CursorRecord>;

/** A parked event and its record. */
export interface FoundEvent {
  readonly event: ParkedEvent;
  readonly record: ParkedRecord;
}

/** The event as it is parked; null if it is not. */
export function parkedEventOf(value: ParkedValue | null, cursor: CursorValue | null): ParkedEvent | null {
  if (value === null) return null;
  return isParked(value, cursor) ? value.parking.event : value.event;
}

type WithParking = ParkedValue & { readonly parking: NonNullable<ParkedValue['parking']> };

function isParked(value: ParkedValue, cursor: CursorValue | null): value is WithParking {
  return value.parking !== null && value.parking.id === cursor?.parking?.id;
}

export class ParkedRecords {
  readonly #editor: RecordEditor;
  /** Sequences that were due when they were last listed, by partition: not every redelivery lists them all again. */
  readonly #due = new Map<string, { readonly since: Micros; readonly sequences: number[] }>();

  constructor(editor: RecordEditor) {
    this.#editor = editor;
  }

  /** Those of the selection that are parked: by sequence, or in the order of their names. `cursors`: as read before this call. */
  async select(group: string, selection: ParkedSelection, cursors: Cursors): Promise<FoundEvent[]> {
    if (!('after' in selection)) return this.#named(group, [...new Set(selection)], cursors);
    const { after, through, limit } = selection;
    return (await this.all(group, cursors))
      .filter(({ event }) => event.sequence > after && event.sequence <= through)
      .sort((one, other) => one.event.sequence - other.event.sequence)
      .slice(0, limit);
  }

  /** All parked events of the group, in no particular order. */
  async all(group: string, cursors: Cursors): Promise<FoundEvent[]> {
    return found(await this.#editor.list(PARKED, parkedOf(group)), cursors);
  }

  /** A name does not say in which partition the event is: few are looked up in each, for many all are listed. */
  async #named(group: string, sequences: readonly number[], cursors: Cursors): Promise<FoundEvent[]> {
    const events = await this.#anyOf(group, sequences, cursors);
    const bySequence = new Map(events.map((event) => [event.event.sequence, event]));
    return sequences.flatMap((sequence) => bySequence.get(sequence) ?? []);
  }

  async #anyOf(group: string, sequences: readonly number[], cursors: Cursors): Promise<FoundEvent[]> {
    const partitions = [...cursors.keys()];
    if (sequences.length * partitions.length > LOOK_UPS_MAX) return this.all(group, cursors);
    const keys = sequences.flatMap((sequence) => partitions.map((partition) => parkedKey(group, partition, sequence)));
    const records = await inParallel(keys, (key) => this.#editor.get(PARKED, key));
    return found(
      records.filter((record) => record !== null),
      cursors,
    );
  }

  /** Changes an event that was found. False if it is not parked any more. */
  async change({ record }: FoundEvent, cursors: Cursors, change: ParkedChange): Promise<boolean> {
    const { partition } = eventOfKey(record.key);
    const cursor = cursors.get(partition)?.value ?? null;
    const { result } = await this.#editor.change<ParkedValue, boolean>(PARKED, record.key, record, (value) => {
      const event = parkedEventOf(value, cursor);
      if (value === null || event === null) return { result: false };
      if (change === 'drop') return { write: null, result: true };
      const attempts = event.attempts - (change === 'undoRedelivery' ? 1 : 0);
      // what the holder of the lease is parking once more stays so
      const parking = isParked(value, cursor) ? null : value.parking;
      return { write: { event: { ...event, attempts, redeliveryDue: true }, parking }, result: true };
    });
    return result;
  }

  /** Deletes all parked events of the group, and what was left of parking. */
  async removeAll(group: string): Promise<void> {
    await inParallel(await this.#editor.list(PARKED, parkedOf(group)), (record) =>
      this.#editor.change<ParkedValue, undefined>(PARKED, record.key, record, () => ({
        write: null,
        result: undefined,
      })),
    );
  }

  /** Sequence of the partition's first event that waits for redelivery; null if none does. `since`: when such were last requested. */
  async firstDue(group: string, partition: PartitionId, since: Micros, cursor: CursorRecord): Promise<number | null> {
    const prefix = parkedIn(group, partition);
    const listed = this.#due.get(prefix);
    const isDue = (value: ParkedValue | null) => parkedEventOf(value, cursor.value)?.redeliveryDue === true;
    if (listed?.since === since) {
      for (let next = listed.sequences[0]; next !== undefined; next = listed.sequences[0]) {
        const record = await this.#editor.get(PARKED, parkedKey(group, partition, next));
        if (isDue(record?.value ?? null)) return next;
        listed.sequences.shift();
      }
    }
    const sequences = (await this.#editor.list(PARKED, prefix))
      .filter(({ value }) => isDue(value))
      .map(({ key }) => eventOfKey(key).sequence)
      .sort((one, other) => one - other);
    this.#due.set(prefix, { since, sequences });
    return sequences[0] ?? null;
  }
}

function found(records: readonly ParkedRecord[], cursors: Cursors): FoundEvent[] {
  return records.flatMap((record) => {
    const { partition } = eventOfKey(record.key);
    const event = parkedEventOf(record.value, cursors.get(partition)?.value ?? null);
    return event === null ? [] : [{ event, record }];
  });
}
