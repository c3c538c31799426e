/**
 * Pins of sessions in columns, so that a hundred thousand of them need no objects; and the choice of a partition for a
 * new session.
 */

import type { PartitionId } from '../model/routing/partition.ts';
import type { SessionNumber } from '../model/routing/session-pins.ts';
import { numberAt } from '../model/text/bytes.ts';
import { type Micros, NO_TIME } from '../model/time/time.ts';

const NO_PARTITION = -1;
const ROWS_AT_FIRST = 1024;

/** Some rows of {@link PinColumns}. */
interface PinRows {
  readonly partitions: Int16Array;
  readonly lastSeen: Float64Array;
}

/** Row n is session number n. */
export class PinColumns {
  #partitions = new Int16Array(ROWS_AT_FIRST).fill(NO_PARTITION);
  #lastSeen = new Float64Array(ROWS_AT_FIRST).fill(NO_TIME);

  /** -1 if the session has no pin. */
  partitionOf(session: SessionNumber): PartitionId {
    return this.#partitions[session] ?? NO_PARTITION;
  }

  lastSeenOf(session: SessionNumber): Micros {
    return this.#lastSeen[session] ?? NO_TIME;
  }

  set(session: SessionNumber, partition: PartitionId, lastSeen: Micros): void {
    if (session >= this.#partitions.length) this.#grow(session + 1);
    this.#partitions[session] = partition;
    this.#lastSeen[session] = lastSeen;
  }

  /** A copy of these rows. */
  rows(sessions: Int32Array): PinRows {
    const partitions = new Int16Array(sessions.length);
    const lastSeen = new Float64Array(sessions.length);
    for (let at = 0; at < sessions.length; at++) {
      partitions[at] = this.partitionOf(numberAt(sessions, at));
      lastSeen[at] = this.lastSeenOf(numberAt(sessions, at));
    }
    return { partitions, lastSeen };
  }

  restore(sessions: Int32Array, { partitions, lastSeen }: PinRows): void {
    for (let at = 0; at < sessions.length; at++)
      this.set(numberAt(sessions, at), partitions[at] as number, numberAt(lastSeen, at));
  }

  /** Restores these rows from a copy. */
  take(sessions: Int32Array, others: PinColumns): void {
    for (const session of sessions) this.set(session, others.partitionOf(session), others.lastSeenOf(session));
  }

  #grow(rows: number): void {
    const length = Math.max(rows, this.#partitions.length * 2);
    const partitions = new Int16Array(length).fill(NO_PARTITION);
    const lastSeen = new Float64Array(length).fill(NO_TIME);
    partitions.set(this.#partitions);
    lastSeen.set(this.#lastSeen);
    this.#partitions = partitions;
    this.#lastSeen = lastSeen;
  }
}

/** Session numbers in insertion order; clearing keeps the capacity. */
export class SessionList {
  #numbers = new Int32Array(ROWS_AT_FIRST);
  #count = 0;

  add(session: SessionNumber): void {
    if (this.#count === this.#numbers.length) {
      const numbers = new Int32Array(this.#count * 2);
      numbers.set(this.#numbers);
      this.#numbers = numbers;
    }
    this.#numbers[this.#count++] = session;
  }

  /** Valid until the next one is added. */
  all(): Int32Array {
    return this.#numbers.subarray(0, this.#count);
  }

  clear(): void {
    this.#count = 0;
  }
}

/** The partition with the fewest events; the lowest id if there are several. */
export function leastLoaded(loads: Float64Array): PartitionId {
  let least = 0;
  for (let partition = 1; partition < loads.length; partition++)
    if ((loads[partition] as number) < (loads[least] as number)) least = partition;
  return least;
}
