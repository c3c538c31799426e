/**
 * Routes sticky sessions: a session goes to the least loaded partition when first seen, and stays there. Decides only
 * from the pins it has learned, ledger times and the order of events; stores nothing and reads no clock.
 *
 * States of a chunk: met (`sessionOf` each line) -> known (`takeUnasked`, ask the ledger, `learn`) -> drafted (`begin`
 * with the loads, `assign` each event in order) -> confirmed (`changes` are committed with the draft, `confirm`).
 * A conflict leads back from confirmed to known: undo what was confirmed, `learn`, `begin` and `assign` again.
 *
 * Keeps a row of some sixty bytes, and the key, for each session it has seen.
 */

import type { PartitionId } from '../model/routing/partition.ts';
import { NO_PLACEMENTS, type Placements } from '../model/routing/routing.ts';
import {
  type IdleRule,
  idleRule,
  NO_SESSION,
  type Pin,
  type PinChanges,
  type SessionLines,
  type SessionNumber,
  type SessionRouter,
} from '../model/routing/session-pins.ts';
import { SessionTable } from '../model/routing/session-table.ts';
import { numberAt } from '../model/text/bytes.ts';
import { type Micros, NO_TIME } from '../model/time/time.ts';
import { LineFault } from '../scan/line-fault.ts';
import { FieldKind, type RoutableLine } from '../scan/scanned-field.ts';
import { fieldText, isPlainField, plainFieldEnd, plainFieldStart } from './field-text.ts';
import { DraftPins, leastLoaded, PinColumns } from './sticky-pins.ts';

interface StickyOptions {
  readonly idleMicros: Micros | null;
  readonly only?: RoutableLine | null;
  readonly placements?: Placements;
}

/** In all columns. */
const PIN_BYTES = 14;

export class StickyRouter implements SessionRouter {
  readonly #idle: IdleRule;
  readonly #isForEver: boolean;
  readonly #only: RoutableLine | null;
  readonly #placements: Placements;
  #table = new SessionTable();
  /** As the ledger has them, with the place of each in the draft that changes it. */
  #known = new PinColumns();
  /** As the draft leaves them. A new draft discards the previous one without touching a row. */
  readonly #drafted = new DraftPins();
  /** Sessions with lower numbers were requested, or need not be. */
  #asked = 0;
  #mustAsk = true;
  #timeShiftMax = Number.POSITIVE_INFINITY;
  #loads = new Float64Array(0);
  /**
   * The head at which the ledger's pins of all sessions that were met are the known ones. It holds as long as each draft is built on the head that the one
   * before has made: nobody else has committed. Null from the first draft that is not, until all sessions are forgotten.
   */
  #agreesAt: number | null = null;
  #isFirstDraft = true;

  /**
   * `idleMicros`: a session that was idle for longer is new; null: never. `only`: a line with the session of all lines.
   * `placements`: keys that are no sessions.
   */
  constructor({ idleMicros, only = null, placements = NO_PLACEMENTS }: StickyOptions) {
    this.#idle = idleRule(idleMicros);
    this.#isForEver = idleMicros === null;
    this.#only = only;
    this.#placements = placements;
  }

  get bytes(): number {
    return this.#table.bytes + this.#table.size * PIN_BYTES;
  }

  /** The session in the line's first field. */
  sessionOf(ofLine: RoutableLine): SessionNumber {
    const line = this.#only ?? ofLine;
    if (this.#placements.size > 0 && this.#placements.has(fieldText(line, 0) ?? '')) return NO_SESSION;
    // the common case, with a single lookup
    if (line.kind(0) === FieldKind.STRING) return this.#table.numberOf(line.bytes, line.start(0) + 1, line.end(0) - 1);
    if (isPlainField(line, 0))
      return this.#table.numberOf(line.bytes, plainFieldStart(line, 0), plainFieldEnd(line, 0));
    const session = fieldText(line, 0);
    return session === null ? NO_SESSION : this.numberOf(session);
  }

  sessionsOf(bytes: Uint8Array, starts: Uint32Array, ends: Uint32Array, sessions: Int32Array): boolean {
    if (this.#only !== null || this.#placements.size > 0) return false;
    this.#table.numbersOf(bytes, starts, ends, sessions);
    return true;
  }

  /** The session of a key as text. */
  numberOf(session: string): SessionNumber {
    const key = Buffer.from(session, 'utf8');
    return this.#table.numberOf(key, 0, key.length);
  }

  assumeNone(): void {
    this.#mustAsk = false;
  }

  takeUnasked(): readonly string[] {
    const from = this.#asked;
    this.#asked = this.#table.size;
    return this.#mustAsk
      ? Array.from({ length: this.#table.size - from }, (_, nth) => this.#table.textOf(from + nth))
      : [];
  }

  learn(pins: Iterable<Pin>): void {
    for (const { session, partition, lastSeen } of pins) {
      this.#known.set(this.numberOf(session), partition, lastSeen);
      // others have pinned sessions, so there may be more pins
      this.#mustAsk = true;
    }
  }

  begin(loads: readonly number[], head: number | null = null): void {
    if (this.#isFirstDraft) this.#agreesAt = head;
    else if (this.#agreesAt !== head) this.#agreesAt = null;
    this.#isFirstDraft = false;
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

  changes(): PinChanges {
    const { sessions, partitions, lastSeen } = this.#drafted.list();
    const pins = {
      count: sessions.length,
      ...this.#table.keysOf(sessions),
      partitions: Uint16Array.from(partitions),
      lastSeen: lastSeen.slice(),
      lastSeenBefore: this.#drafted.lastSeenBefore(),
    };
    return { pins, timeShiftMax: this.#timeShiftMax, agreesAt: this.#agreesAt };
  }

  confirm(events: number): () => void {
    const agreedAt = this.#agreesAt;
    if (agreedAt !== null) this.#agreesAt = agreedAt + events;
    const known = this.#known;
    const before = this.#drafted.before();
    known.setAll(this.#drafted.list());
    this.#drafted.clear();
    return () => {
      known.setAll(before);
      this.#agreesAt = agreedAt;
    };
  }

  forget(): void {
    this.#table = new SessionTable();
    this.#known = new PinColumns();
    this.#drafted.clear();
    this.#asked = 0;
    this.#mustAsk = true;
    this.#isFirstDraft = true;
  }

  /** Returns the place of a session in the draft. */
  #add(session: SessionNumber, partition: PartitionId, lastSeen: Micros): number {
    const place = this.#drafted.add(session, partition, lastSeen);
    this.#known.notePlace(session, place);
    return place;
  }
}
