/** Sessions in columns, and the rule that assigns their events. The kernel has the same in `kernel/sessions.ts`: tests compare the two. */

import type { PartitionId } from '../model/routing/partition.ts';
import {
  type DraftedPins,
  type IdleRule,
  NO_SESSION,
  type SessionLines,
  type SessionNumber,
} from '../model/routing/session-pins.ts';
import type { ListedPins, SessionStore } from '../model/routing/session-store.ts';
import { SessionTable } from '../model/routing/session-table.ts';
import { numberAt } from '../model/text/bytes.ts';
import { type Micros, NO_TIME } from '../model/time/time.ts';
import { LineFault } from '../scan/line-fault.ts';
import { DraftPins, leastLoaded, PinColumns } from './sticky-pins.ts';

/** In all columns. */
const PIN_BYTES = 14;

export class SessionColumns implements SessionStore {
  readonly #idle: IdleRule;
  readonly #isForEver: boolean;
  readonly #table = new SessionTable();
  /** As the ledger has them, with the place of each in the draft that changes it. */
  readonly #known = new PinColumns();
  /** As the draft leaves them. A new draft discards the previous one without touching a row. */
  readonly #drafted = new DraftPins();
  #timeShiftMax = Number.POSITIVE_INFINITY;
  #loads = new Float64Array(0);

  constructor(idle: IdleRule) {
    this.#idle = idle;
    this.#isForEver = idle.endsAfter === Number.POSITIVE_INFINITY;
  }

  get size(): number {
    return this.#table.size;
  }

  get bytes(): number {
    return this.#table.bytes + this.#table.size * PIN_BYTES;
  }

  get timeShiftMax(): Micros {
    return this.#timeShiftMax;
  }

  numberOf(bytes: Uint8Array, start: number, end: number): SessionNumber {
    return this.#table.numberOf(bytes, start, end);
  }

  keyOf(session: SessionNumber): Uint8Array {
    return this.#table.keyOf(session);
  }

  pinOf(session: SessionNumber) {
    return { partition: this.#known.partitionOf(session), lastSeen: this.#known.lastSeenOf(session) };
  }

  setPins(pins: ListedPins): void {
    this.#known.setAll(pins);
  }

  begin(loads: readonly number[]): void {
    this.#loads = Float64Array.from(loads);
    this.#drafted.clear();
    this.#timeShiftMax = Number.POSITIVE_INFINITY;
  }

  assign(session: SessionNumber, time: Micros): PartitionId {
    const known = this.#known.partitionOf(session);
    if (known >= 0 && this.#isForEver) {
      // by far the most frequent case: this pin never changes
      this.#loads[known] = (this.#loads[known] as number) + 1;
      return known;
    }
    const place = this.#known.placeOf(session);
    const isChanged = this.#drafted.isAt(place, session);
    const pinned = isChanged ? this.#drafted.partitionAt(place) : known;
    const lastSeen = isChanged ? this.#drafted.lastSeenAt(place) : this.#known.lastSeenOf(session);
    const since = time - lastSeen;
    const isNew = pinned < 0 || since > this.#idle.endsAfter;
    const partition = isNew ? leastLoaded(this.#loads) : pinned;
    this.#loads[partition] = (this.#loads[partition] as number) + 1;
    const isRenewed = !isNew && since > this.#idle.renewedAfter;
    // in a draft whose times may shift, all events have the same time
    if (!isNew && !isChanged)
      this.#timeShiftMax = Math.min(
        this.#timeShiftMax,
        (isRenewed ? this.#idle.endsAfter : this.#idle.renewedAfter) - since,
      );
    if (!isNew && !isRenewed) return partition;
    this.#drafted.set(isChanged ? place : this.#add(session, pinned, lastSeen), partition, time);
    return partition;
  }

  assignLines({ sessions, times, faults, partitions }: SessionLines, limit: number, floor: Micros, now: Micros): void {
    let time = floor;
    for (let line = 0; line < limit; line++) {
      if (faults[line] !== LineFault.NONE) continue;
      const own = numberAt(times, line);
      time = Math.max(time, own === NO_TIME ? now : own);
      const session = numberAt(sessions, line);
      if (session === NO_SESSION) this.count(numberAt(partitions, line));
      else partitions[line] = this.assign(session, time);
    }
  }

  count(partition: PartitionId): void {
    if (partition < this.#loads.length) this.#loads[partition] = (this.#loads[partition] as number) + 1;
  }

  changes(): DraftedPins {
    const { sessions, partitions, lastSeen } = this.#drafted.list();
    return {
      count: sessions.length,
      ...this.#table.keysOf(sessions),
      partitions: Uint16Array.from(partitions),
      lastSeen: lastSeen.slice(),
      lastSeenBefore: this.#drafted.lastSeenBefore(),
    };
  }

  keep(): ListedPins {
    const before = this.#drafted.before();
    this.#known.setAll(this.#drafted.list());
    this.#drafted.clear();
    return before;
  }

  /** Returns the place of a session in the draft. */
  #add(session: SessionNumber, partition: PartitionId, lastSeen: Micros): number {
    const place = this.#drafted.add(session, partition, lastSeen);
    this.#known.notePlace(session, place);
    return place;
  }
}
