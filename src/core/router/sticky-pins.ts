/**
 * Pins of sessions in columns, so that a hundred thousand of them need no objects; and the choice of a partition for a
 * new session.
 */

import type { PartitionId } from '../model/routing/partition.ts';
import type { SessionNumber } from '../model/routing/session-pins.ts';
import type { ListedPins } from '../model/routing/session-store.ts';
import { numberAt } from '../model/text/bytes.ts';
import { type Micros, NO_TIME } from '../model/time/time.ts';

const NO_PARTITION = -1;
const ROWS_AT_FIRST = 1024;
/** Row n is session number n. In columns: a pin without an end is its partition alone, and those of all sessions stay in the processor's cache. */
export class PinColumns {
  #partitions = new Int16Array(0);
  #lastSeen = new Float64Array(0);
  #places = new Int32Array(0);

  constructor() {
    this.#grow(ROWS_AT_FIRST);
  }

  /** -1 if the session has no pin. */
  partitionOf(session: SessionNumber): PartitionId {
    return this.#partitions[session] ?? NO_PARTITION;
  }

  lastSeenOf(session: SessionNumber): Micros {
    return this.#lastSeen[session] ?? NO_TIME;
  }

  /** The place that was noted last; any number at first. */
  placeOf(session: SessionNumber): number {
    return this.#places[session] ?? 0;
  }

  set(session: SessionNumber, partition: PartitionId, lastSeen: Micros): void {
    this.#reserve(session);
    this.#partitions[session] = partition;
    this.#lastSeen[session] = lastSeen;
  }

  notePlace(session: SessionNumber, place: number): void {
    this.#reserve(session);
    this.#places[session] = place;
  }

  setAll({ sessions, partitions, lastSeen }: ListedPins): void {
    for (let at = 0; at < sessions.length; at++)
      this.set(numberAt(sessions, at), partitions[at] as number, numberAt(lastSeen, at));
  }

  #reserve(session: SessionNumber): void {
    if (session >= this.#partitions.length) this.#grow(Math.max(session + 1, this.#partitions.length * 2));
  }

  #grow(rows: number): void {
    const partitions = new Int16Array(rows).fill(NO_PARTITION);
    const lastSeen = new Float64Array(rows).fill(NO_TIME);
    const places = new Int32Array(rows);
    partitions.set(this.#partitions);
    lastSeen.set(this.#lastSeen);
    places.set(this.#places);
    [this.#partitions, this.#lastSeen, this.#places] = [partitions, lastSeen, places];
  }
}

/** Pins that a draft changes, in the order of their first change. Clearing keeps the capacity. */
export class DraftPins {
  #sessions = new Int32Array(ROWS_AT_FIRST);
  #partitions = new Int16Array(ROWS_AT_FIRST);
  #lastSeen = new Float64Array(ROWS_AT_FIRST);
  /** What they were before, so that the columns of all sessions are not searched for it again. */
  #partitionsBefore = new Int16Array(ROWS_AT_FIRST);
  #lastSeenBefore = new Float64Array(ROWS_AT_FIRST);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Whether the pin at this place is the session's: a place that was noted for an earlier draft is not. */
  isAt(place: number, session: SessionNumber): boolean {
    return place < this.#count && this.#sessions[place] === session;
  }

  partitionAt(place: number): PartitionId {
    return this.#partitions[place] as number;
  }

  lastSeenAt(place: number): Micros {
    return numberAt(this.#lastSeen, place);
  }

  /** Returns the place. `partition` and `lastSeen`: before the draft. */
  add(session: SessionNumber, partition: PartitionId, lastSeen: Micros): number {
    if (this.#count === this.#sessions.length) this.#grow();
    this.#sessions[this.#count] = session;
    this.#partitionsBefore[this.#count] = partition;
    this.#lastSeenBefore[this.#count] = lastSeen;
    return this.#count++;
  }

  set(place: number, partition: PartitionId, lastSeen: Micros): void {
    this.#partitions[place] = partition;
    this.#lastSeen[place] = lastSeen;
  }

  /** All of them; valid until the next one is added. */
  list(): ListedPins {
    return {
      sessions: this.#sessions.subarray(0, this.#count),
      partitions: this.#partitions.subarray(0, this.#count),
      lastSeen: this.#lastSeen.subarray(0, this.#count),
    };
  }

  /** As they were before the draft, in a copy. */
  before(): ListedPins {
    return {
      sessions: this.#sessions.slice(0, this.#count),
      partitions: this.#partitionsBefore.slice(0, this.#count),
      lastSeen: this.#lastSeenBefore.slice(0, this.#count),
    };
  }

  lastSeenBefore(): Float64Array {
    return this.#lastSeenBefore.slice(0, this.#count);
  }

  clear(): void {
    this.#count = 0;
  }

  #grow(): void {
    const rows = this.#count * 2;
    const sessions = new Int32Array(rows);
    sessions.set(this.#sessions);
    this.#sessions = sessions;
    this.#partitions = moreIntegers(this.#partitions, rows);
    this.#partitionsBefore = moreIntegers(this.#partitionsBefore, rows);
    this.#lastSeen = moreTimes(this.#lastSeen, rows);
    this.#lastSeenBefore = moreTimes(this.#lastSeenBefore, rows);
  }
}

function moreIntegers(from: Int16Array, rows: number) {
  const grown = new Int16Array(rows);
  grown.set(from);
  return grown;
}

function moreTimes(from: Float64Array, rows: number) {
  const grown = new Float64Array(rows);
  grown.set(from);
  return grown;
}

/** The partition with the fewest events; the lowest id if there are several. */
export function leastLoaded(loads: Float64Array): PartitionId {
  let least = 0;
  for (let partition = 1; partition < loads.length; partition++)
    if ((loads[partition] as number) < (loads[least] as number)) least = partition;
  return least;
}
