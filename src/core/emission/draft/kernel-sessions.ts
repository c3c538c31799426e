/** Sticky sessions in memory of the kernel: no event of a chunk costs a step of JavaScript. As `router/session-columns.ts`, which is the reference. */

import { align, KernelMemory } from '../../kernel/load.ts';
import { ROW_BYTES, type SessionTables, SLOT_BYTES, SPARE_BYTES } from '../../kernel/session-layout.ts';
import type { PartitionId } from '../../model/routing/partition.ts';
import {
  type DraftedPins,
  type IdleRule,
  NO_SESSION,
  type SessionLines,
  type SessionNumber,
} from '../../model/routing/session-pins.ts';
import { type LineKeys, type ListedPins, NO_KEY, type SessionStore } from '../../model/routing/session-store.ts';
import { asBuffer, numberAt } from '../../model/text/bytes.ts';
import type { Micros } from '../../model/time/time.ts';

interface SessionExports extends SessionTables {
  setIdleRule(renewedAfter: number, endsAfter: number): void;
  slotlessSessions(): number;
  addSession(key: number, length: number): number;
  findSession(key: number, length: number): number;
  numberSessions(keys: number, ends: number, count: number, sessions: number, found: number): number;
  setPin(session: number, partition: number, lastSeen: number): void;
  beginPins(partitionCount: number): void;
  countEvent(partition: number): void;
  assignSession(session: number, time: number): number;
  assignSessions(
    limit: number,
    faults: number,
    sessions: number,
    times: number,
    partitions: number,
    floor: number,
    now: number,
  ): void;
  changedPins(): number;
  changedPinKeyBytes(): number;
  pinTimeShiftMax(): number;
  writeChanges(at: number): void;
  keepChanges(): void;
}

/** As in `kernel/sessions.ts`. */
const KEY_AT = 4;
const KEY_BYTES = 8;
const LAST_SEEN = 16;
const PARTITION = 24;
const HAS_SLOT = 28;
const CHANGE_BYTES = 32;
const LEFT = -2;
/** Of the columns of keys that are looked up together. */
const FOUND_BYTES = 3 * 4 * 32;
/** In a Map, without the key itself. */
const SLOTLESS_BYTES = 128;

const SESSIONS_AT_FIRST = 16 * 1024;

/** What there is room for. It never becomes less. */
interface Room {
  readonly partitions: number;
  readonly changes: number;
  /** A power of two. */
  readonly sessions: number;
  readonly keyBytes: number;
}

interface Changes {
  readonly pins: DraftedPins;
  readonly before: ListedPins;
}

export class KernelSessions implements SessionStore {
  readonly #memory = new KernelMemory<SessionExports>();
  readonly #kernel = this.#memory.exports;
  #room: Room = { partitions: 0, changes: 0, sessions: 0, keyBytes: 0 };
  #loadsAt = 0;
  #rowsAt = 0;
  #keysAt = 0;
  /** Behind all tables: what a call takes and returns. */
  #freeAt = 0;
  /** Keys that found no free slot: they can be chosen to collide. A Map suffers no harm from them. */
  readonly #slotless = new Map<string, SessionNumber>();
  /** Those of the draft as it is. */
  #changes: Changes | undefined;

  constructor({ renewedAfter, endsAfter }: IdleRule) {
    this.#kernel.setIdleRule(renewedAfter, endsAfter);
    this.#lay({ partitions: 1, changes: 1024, sessions: SESSIONS_AT_FIRST, keyBytes: SESSIONS_AT_FIRST * 16 });
  }

  get size(): number {
    return this.#kernel.sessionsKnown();
  }

  /** What is in use: memory that was not written to yet takes none. */
  get bytes(): number {
    const slots = this.#room.sessions * 2 * SLOT_BYTES;
    return slots + this.size * ROW_BYTES + this.#kernel.sessionKeyBytes() + this.#slotless.size * SLOTLESS_BYTES;
  }

  get timeShiftMax(): Micros {
    return this.#kernel.pinTimeShiftMax();
  }

  numberOf(bytes: Uint8Array, start: number, end: number): SessionNumber {
    const length = end - start;
    this.#reserve({ sessions: this.size + 1, keyBytes: this.#kernel.sessionKeyBytes() + length });
    const key = this.#bytes(this.#free(length), length);
    asBuffer(bytes).copy(key, 0, start, end);
    const session = this.#kernel.findSession(this.#freeAt, length);
    if (session !== LEFT) return session;
    return this.#slotlessNumber(key) ?? this.#add(key);
  }

  /** The sessions of the lines of a chunk; {@link NO_SESSION} where there is no key. New keys get the next numbers. */
  numberLines({ keys, ends }: LineKeys, sessions: Int32Array): void {
    const { length } = sessions;
    this.#reserve({ sessions: this.size + length, keyBytes: this.#kernel.sessionKeyBytes() + keys.length });
    const endsAt = this.#free(length * 8 + FOUND_BYTES + keys.length);
    const sessionsAt = endsAt + length * 4;
    const foundAt = sessionsAt + length * 4;
    const keysAt = foundAt + FOUND_BYTES;
    const { buffer } = this.#memory;
    new Uint32Array(buffer, endsAt, length).set(ends.subarray(0, length));
    this.#bytes(keysAt, keys.length).set(keys);
    const left = this.#kernel.numberSessions(keysAt, endsAt, length, sessionsAt, foundAt);
    sessions.set(new Int32Array(buffer, sessionsAt, length));
    if (left > 0) this.#numberLeft(keys, ends, sessions);
  }

  keyOf(session: SessionNumber): Uint8Array {
    const row = this.#row(session);
    return this.#bytes(this.#keysAt + row.getUint32(KEY_AT, true), row.getUint32(KEY_BYTES, true));
  }

  pinOf(session: SessionNumber) {
    const row = this.#row(session);
    return { partition: row.getInt32(PARTITION, true), lastSeen: row.getFloat64(LAST_SEEN, true) };
  }

  setPins({ sessions, partitions, lastSeen }: ListedPins): void {
    for (let at = 0; at < sessions.length; at++)
      this.#kernel.setPin(numberAt(sessions, at), partitions[at] as number, numberAt(lastSeen, at));
  }

  begin(loads: readonly number[]): void {
    this.#changes = undefined;
    this.#reserve({ partitions: loads.length });
    new Float64Array(this.#memory.buffer, this.#loadsAt, loads.length).set(loads);
    this.#kernel.beginPins(loads.length);
  }

  assign(session: SessionNumber, time: Micros): PartitionId {
    this.#changes = undefined;
    this.#reserve({ changes: this.#kernel.changedPins() + 1 });
    return this.#kernel.assignSession(session, time);
  }

  assignLines({ sessions, times, faults, partitions }: SessionLines, limit: number, floor: Micros, now: Micros): void {
    this.#changes = undefined;
    this.#reserve({ changes: this.#kernel.changedPins() + limit });
    const timesAt = this.#free(limit * 15);
    const sessionsAt = timesAt + limit * 8;
    const partitionsAt = sessionsAt + limit * 4;
    const faultsAt = partitionsAt + limit * 2;
    const { buffer } = this.#memory;
    const assigned = new Uint16Array(buffer, partitionsAt, limit);
    new Float64Array(buffer, timesAt, limit).set(times.subarray(0, limit));
    new Int32Array(buffer, sessionsAt, limit).set(sessions.subarray(0, limit));
    assigned.set(partitions.subarray(0, limit));
    this.#bytes(faultsAt, limit).set(faults.subarray(0, limit));
    this.#kernel.assignSessions(limit, faultsAt, sessionsAt, timesAt, partitionsAt, floor, now);
    partitions.set(assigned);
  }

  count(partition: PartitionId): void {
    this.#kernel.countEvent(partition);
  }

  changes(): DraftedPins {
    this.#changes ??= this.#readChanges();
    return this.#changes.pins;
  }

  keep(): ListedPins {
    const { before } = this.#changes ?? this.#readChanges();
    this.#kernel.keepChanges();
    this.#changes = undefined;
    return before;
  }

  /** In one memory, so that there is one piece of garbage. */
  #readChanges(): Changes {
    const count = this.#kernel.changedPins();
    const length = count * 28 + this.#kernel.changedPinKeyBytes();
    const at = this.#free(length);
    this.#kernel.writeChanges(at);
    const memory = this.#memory.buffer.slice(at, at + length);
    const lastSeenBefore = new Float64Array(memory, count * 8, count);
    return {
      pins: {
        count,
        lastSeen: new Float64Array(memory, 0, count),
        lastSeenBefore,
        ends: new Uint32Array(memory, count * 16, count),
        partitions: new Uint16Array(memory, count * 24, count),
        keys: new Uint8Array(memory, count * 28),
      },
      before: {
        sessions: new Int32Array(memory, count * 20, count),
        partitions: new Int16Array(memory, count * 26, count),
        lastSeen: lastSeenBefore,
      },
    };
  }

  #numberLeft(keys: Uint8Array, ends: Uint32Array, sessions: Int32Array): void {
    let start = 0;
    for (let line = 0; line < sessions.length; line++) {
      const end = numberAt(ends, line);
      if (end === NO_KEY) continue;
      if (numberAt(sessions, line) === LEFT) sessions[line] = this.numberOf(keys, start, end);
      start = end;
    }
  }

  #slotlessNumber(key: Uint8Array): SessionNumber | undefined {
    return this.#slotless.size === 0 ? undefined : this.#slotless.get(textOf(key));
  }

  #add(key: Uint8Array): SessionNumber {
    const slotless = this.#kernel.slotlessSessions();
    const session = this.#kernel.addSession(key.byteOffset, key.length);
    if (this.#kernel.slotlessSessions() > slotless) this.#slotless.set(textOf(key), session);
    return session;
  }

  /** Makes room, twice as much as there was where it is not enough. */
  #reserve(needed: Partial<Room>): void {
    const room = this.#room;
    const enough = (part: keyof Room): number => {
      const wanted = needed[part] ?? 0;
      return wanted <= room[part] ? room[part] : Math.max(2 ** Math.ceil(Math.log2(wanted)), room[part] * 2);
    };
    const next: Room = {
      partitions: enough('partitions'),
      changes: enough('changes'),
      sessions: enough('sessions'),
      keyBytes: enough('keyBytes'),
    };
    const hasRoom = (Object.keys(next) as (keyof Room)[]).every((part) => next[part] === room[part]);
    if (!hasRoom) this.#lay(next);
  }

  #lay(room: Room): void {
    const slotCount = room.sessions * 2;
    const loadsAt = this.#memory.start;
    const changesAt = align(loadsAt + room.partitions * 8);
    const slotsAt = changesAt + room.changes * CHANGE_BYTES;
    const rowsAt = slotsAt + slotCount * SLOT_BYTES;
    const keysAt = rowsAt + room.sessions * ROW_BYTES;
    this.#freeAt = align(keysAt + room.keyBytes + SPARE_BYTES);
    this.#memory.reserve(this.#freeAt);
    this.#kernel.laySessions(loadsAt, changesAt, slotsAt, slotCount, rowsAt, keysAt);
    this.#room = room;
    [this.#loadsAt, this.#rowsAt, this.#keysAt] = [loadsAt, rowsAt, keysAt];
    this.#findSlotless();
  }

  /** Others may be without a slot in a larger table. */
  #findSlotless(): void {
    this.#slotless.clear();
    if (this.#kernel.slotlessSessions() === 0) return;
    for (let session = 0; session < this.size; session++)
      if (this.#row(session).getUint32(HAS_SLOT, true) === 0) this.#slotless.set(textOf(this.keyOf(session)), session);
  }

  /** The address of memory for one call; the views of before are empty if it had to grow. */
  #free(length: number): number {
    this.#memory.reserve(this.#freeAt + length + SPARE_BYTES);
    return this.#freeAt;
  }

  #bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, at, length);
  }

  #row(session: SessionNumber): DataView {
    return new DataView(this.#memory.buffer, this.#rowsAt + session * ROW_BYTES, ROW_BYTES);
  }
}

/** The bytes as they are: keys need not be UTF-8 here. */
function textOf(key: Uint8Array): string {
  return asBuffer(key).toString('latin1');
}
