/** Pins of sessions in columns, so that a hundred thousand of them are no objects; and the partition that a new one gets. */

import type { PartitionId } from '../model/partition.ts';
import type { SessionNumber } from '../model/session-pins.ts';
import { type Micros, NO_TIME } from '../model/time.ts';

const NO_PARTITION = -1;
const ROWS_AT_FIRST = 1024;

/** Row n is session number n. */
export class PinColumns {
  #partitions = new Int16Array(ROWS_AT_FIRST).fill(NO_PARTITION);
  #lastSeen = new Float64Array(ROWS_AT_FIRST).fill(NO_TIME);

  /** -1 where the session has no pin. */
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

/** The partition with the fewest events, of several the one with the lowest id. */
export function leastLoaded(loads: Float64Array): PartitionId {
  let least = 0;
  for (let partition = 1; partition < loads.length; partition++) if ((loads[partition] as number) < (loads[least] as number)) least = partition;
  return least;
}
