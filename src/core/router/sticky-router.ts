/**
 * Routes sticky sessions: a session goes to the least loaded partition when first seen, and stays there. Decides only
 * from the pins it has learned, ledger times and the order of events; stores nothing and reads no clock.
 *
 * States of a chunk: met (`sessionOf` each line) -> known (`takeUnasked`, ask the ledger, `learn`) -> drafted (`begin`
 * with the loads, `assign` each event in order) -> confirmed (`changes` are committed with the draft, `confirm`).
 * A conflict leads back from confirmed to known: undo what was confirmed, `learn`, `begin` and `assign` again.
 *
 * Its store keeps some sixty bytes, and the key, for each session it has seen.
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
} from '../model/routing/session-pins.ts';
import type { SessionRouter } from '../model/routing/session-router.ts';
import type { ListedPins, SessionStore } from '../model/routing/session-store.ts';
import { asBuffer } from '../model/text/bytes.ts';
import type { Micros } from '../model/time/time.ts';
import { FieldKind, type RoutableLine } from '../scan/scanned-field.ts';
import { fieldText, isPlainField, plainFieldEnd, plainFieldStart } from './field-text.ts';
import { SessionColumns } from './session-columns.ts';

interface StickyOptions {
  readonly idleMicros: Micros | null;
  readonly only?: RoutableLine | null;
  readonly placements?: Placements;
}

export class StickyRouter implements SessionRouter {
  readonly #idle: IdleRule;
  readonly #only: RoutableLine | null;
  readonly #placements: Placements;
  #store: SessionStore;
  /** Sessions with lower numbers were requested, or need not be. */
  #asked = 0;
  #mustAsk = true;
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
    this.#only = only;
    this.#placements = placements;
    this.#store = new SessionColumns(this.#idle);
  }

  get bytes(): number {
    return this.#store.bytes;
  }

  get store(): SessionStore {
    return this.#store;
  }

  get isByKeyAlone(): boolean {
    return this.#only === null && this.#placements.size === 0;
  }

  keepIn(makeStore: (idle: IdleRule) => SessionStore): void {
    const from = this.#store;
    this.#store = makeStore(this.#idle);
    const pins = listOf(from.size);
    for (let session = 0; session < from.size; session++) {
      const key = from.keyOf(session);
      const { partition, lastSeen } = from.pinOf(session);
      putPin(pins, session, this.#store.numberOf(key, 0, key.length), partition, lastSeen);
    }
    this.#store.setPins(pins);
  }

  /** The session in the line's first field. */
  sessionOf(ofLine: RoutableLine): SessionNumber {
    const line = this.#only ?? ofLine;
    if (this.#placements.size > 0 && this.#placements.has(fieldText(line, 0) ?? '')) return NO_SESSION;
    // the common case, with a single lookup
    if (line.kind(0) === FieldKind.STRING) return this.#store.numberOf(line.bytes, line.start(0) + 1, line.end(0) - 1);
    if (isPlainField(line, 0))
      return this.#store.numberOf(line.bytes, plainFieldStart(line, 0), plainFieldEnd(line, 0));
    const session = fieldText(line, 0);
    return session === null ? NO_SESSION : this.numberOf(session);
  }

  /** The session of a key as text. */
  numberOf(session: string): SessionNumber {
    const key = Buffer.from(session, 'utf8');
    return this.#store.numberOf(key, 0, key.length);
  }

  assumeNone(): void {
    this.#mustAsk = false;
  }

  takeUnasked(): readonly string[] {
    const from = this.#asked;
    this.#asked = this.#store.size;
    return this.#mustAsk
      ? Array.from({ length: this.#asked - from }, (_, nth) => asBuffer(this.#store.keyOf(from + nth)).toString('utf8'))
      : [];
  }

  learn(pins: Iterable<Pin>): void {
    const all = [...pins];
    if (all.length === 0) return;
    const learned = listOf(all.length);
    for (const [at, { session, partition, lastSeen }] of all.entries())
      putPin(learned, at, this.numberOf(session), partition, lastSeen);
    this.#store.setPins(learned);
    // others have pinned sessions, so there may be more pins
    this.#mustAsk = true;
  }

  begin(loads: readonly number[], head: number | null = null): void {
    if (this.#isFirstDraft) this.#agreesAt = head;
    else if (this.#agreesAt !== head) this.#agreesAt = null;
    this.#isFirstDraft = false;
    this.#store.begin(loads);
  }

  assign(session: SessionNumber, time: Micros): PartitionId {
    return this.#store.assign(session, time);
  }

  assignLines(lines: SessionLines, limit: number, floor: Micros, now: Micros): void {
    this.#store.assignLines(lines, limit, floor, now);
  }

  count(partition: PartitionId): void {
    this.#store.count(partition);
  }

  changes(): PinChanges {
    return { pins: this.#store.changes(), timeShiftMax: this.#store.timeShiftMax, agreesAt: this.#agreesAt };
  }

  confirm(events: number): () => void {
    const agreedAt = this.#agreesAt;
    if (agreedAt !== null) this.#agreesAt = agreedAt + events;
    const before = this.#store.keep();
    return () => {
      // another store by now perhaps, in which the sessions have the same numbers
      this.#store.setPins(before);
      this.#agreesAt = agreedAt;
    };
  }

  forget(): void {
    this.#store = new SessionColumns(this.#idle);
    this.#asked = 0;
    this.#mustAsk = true;
    this.#isFirstDraft = true;
  }
}

function listOf(count: number): ListedPins {
  return { sessions: new Int32Array(count), partitions: new Int16Array(count), lastSeen: new Float64Array(count) };
}

function putPin(list: ListedPins, at: number, session: SessionNumber, partition: PartitionId, lastSeen: Micros): void {
  list.sessions[at] = session;
  list.partitions[at] = partition;
  list.lastSeen[at] = lastSeen;
}
