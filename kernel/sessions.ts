/**
 * Sticky sessions in memory of their own: numbers keys, and assigns the events of a chunk. The host lays the memory out. The reference is
 * `router/session-columns.ts`.
 */

import { FAULT_NONE } from './codes';
import { copy } from './copy';
import { murmur2 } from './murmur2';

const NO_TIME: f64 = f64.MAX_VALUE;
const NO_SESSION: u32 = 0xffffffff;
/** The host has to find this key: it may be among those that found no free slot. */
export const LEFT: u32 = 0xfffffffe;
/** In place of a line's end of its key. */
const NO_KEY: u32 = 0xffffffff;

/** Open addressing, as in `session-table.ts`: the hash, and the number of the session + 1 (0: free). */
const SLOT_BYTES: usize = 8;
const PROBES_MAX: u32 = 128;

/** A session, in half a line of the cache: all that an event needs to know of it. */
const ROW_BYTES: usize = 32;
const HASH: usize = 0;
const KEY_AT: usize = 4;
export const KEY_BYTES: usize = 8;
/** The place in the draft that changes it; one that was noted for an earlier draft is not its own. */
const PLACE: usize = 12;
/** Where runs are read, there are no drafts: the number of the run that has its newest pin. */
export const RUN: usize = 12;
export const LAST_SEEN: usize = 16;
export const PARTITION: usize = 24;
const HAS_SLOT: usize = 28;

/** A pin that the draft changes, in the order of their first change. */
const CHANGE_BYTES: usize = 32;
const SESSION: usize = 0;
const PARTITION_BEFORE: usize = 4;
const LAST_SEEN_BEFORE: usize = 8;
const LAST_SEEN_AFTER: usize = 16;
const PARTITION_AFTER: usize = 24;

/** Keys that are looked up together: each waits for memory three times, and these waits overlap. */
const AT_ONCE: u32 = 32;

let loads: usize = 0;
let loadCount: u32 = 0;
let changes: usize = 0;
let changeCount: u32 = 0;
let changedKeyBytes: u32 = 0;
let slots: usize = 0;
let lastSlot: u32 = 0;
let rows: usize = 0;
let sessionCount: u32 = 0;
let keys: usize = 0;
let keyBytes: u32 = 0;
/** Keys without a slot, which the host finds. */
let slotlessCount: u32 = 0;
let renewedAfter: f64 = 0;
let endsAfter: f64 = 0;
let isForEver: bool = false;
let timeShiftMax: f64 = 0;

export function sessionsKnown(): u32 {
  return sessionCount;
}

export function sessionKeyBytes(): u32 {
  return keyBytes;
}

export function slotlessSessions(): u32 {
  return slotlessCount;
}

export function changedPins(): u32 {
  return changeCount;
}

export function changedPinKeyBytes(): u32 {
  return changedKeyBytes;
}

export function pinTimeShiftMax(): f64 {
  return timeShiftMax;
}

export function setIdleRule(renewed: f64, ends: f64): void {
  renewedAfter = renewed;
  endsAfter = ends;
  isForEver = ends == f64.POSITIVE_INFINITY;
}

/**
 * Moves all tables to addresses that are not below those of before, in the order of the arguments. `slotCount`: a power of two, at least twice the number of
 * sessions.
 */
export function laySessions(loadsAt: usize, changesAt: usize, slotsAt: usize, slotCount: u32, rowsAt: usize, keysAt: usize): void {
  memory.copy(keysAt, keys, <usize>keyBytes);
  memory.copy(rowsAt, rows, <usize>sessionCount * ROW_BYTES);
  keys = keysAt;
  rows = rowsAt;
  slots = slotsAt;
  lastSlot = slotCount - 1;
  memory.fill(slots, 0, <usize>slotCount * SLOT_BYTES);
  slotlessCount = 0;
  for (let session: u32 = 0; session < sessionCount; session++) takeSlot(session);
  memory.copy(changesAt, changes, <usize>changeCount * CHANGE_BYTES);
  memory.copy(loadsAt, loads, <usize>loadCount * 8);
  changes = changesAt;
  loads = loadsAt;
}

/** Gives the session a free slot if there is one near. */
function takeSlot(session: u32): void {
  const row = rows + <usize>session * ROW_BYTES;
  const hash = load<u32>(row, HASH);
  for (let probe: u32 = 0; probe < PROBES_MAX; probe++) {
    const slot = slots + <usize>((hash + probe) & lastSlot) * SLOT_BYTES;
    if (load<u32>(slot, 4) != 0) continue;
    store<u32>(slot, hash);
    store<u32>(slot, session + 1, 4);
    store<u32>(row, 1, HAS_SLOT);
    return;
  }
  store<u32>(row, 0, HAS_SLOT);
  slotlessCount++;
}

/** Adds a key that is not there. */
export function addSession(key: usize, length: u32): u32 {
  return add(key, length, murmur2(key, length));
}

function add(key: usize, length: u32, hash: u32): u32 {
  const session = sessionCount++;
  const row = rows + <usize>session * ROW_BYTES;
  store<u32>(row, hash, HASH);
  store<u32>(row, keyBytes, KEY_AT);
  store<u32>(row, length, KEY_BYTES);
  store<u32>(row, 0, PLACE);
  store<f64>(row, NO_TIME, LAST_SEEN);
  store<i32>(row, -1, PARTITION);
  memory.copy(keys + keyBytes, key, length);
  keyBytes += length;
  takeSlot(session);
  return session;
}

/** The number of a key, which is added if it is new; LEFT if there is no slot for it. */
@inline
export function numberOfKey(key: usize, length: u32, hash: u32): u32 {
  const session = find(key, length, hash);
  if (session != LEFT) return session;
  const slotless = slotlessCount;
  const added = add(key, length, hash);
  return slotlessCount == slotless ? added : LEFT;
}

@inline
export function rowAt(session: u32): usize {
  return rows + <usize>session * ROW_BYTES;
}

@inline
export function keyAddress(row: usize): usize {
  return keys + <usize>load<u32>(row, KEY_AT);
}

@inline
export function giveRun(session: u32, number: u32): void {
  store<u32>(rowAt(session), number, RUN);
}

/** The number of a key; LEFT if only the host can say whether it has one. */
export function findSession(key: usize, length: u32): u32 {
  return find(key, length, murmur2(key, length));
}

function find(key: usize, length: u32, hash: u32): u32 {
  for (let probe: u32 = 0; probe < PROBES_MAX; probe++) {
    const slot = slots + <usize>((hash + probe) & lastSlot) * SLOT_BYTES;
    const number = load<u32>(slot, 4);
    if (number == 0) return LEFT;
    if (load<u32>(slot) == hash && isSame(rows + <usize>(number - 1) * ROW_BYTES, key, length)) return number - 1;
  }
  return LEFT;
}

/** Reads up to fifteen bytes past both keys. */
@inline
function isSame(row: usize, key: usize, length: u32): bool {
  if (load<u32>(row, KEY_BYTES) != length) return false;
  const other = keys + <usize>load<u32>(row, KEY_AT);
  let at: u32 = 0;
  for (; at + 16 <= length; at += 16) {
    if (v128.any_true(v128.xor(v128.load(key + at), v128.load(other + at)))) return false;
  }
  const differing = ~i8x16.bitmask(i8x16.eq(v128.load(key + at), v128.load(other + at)));
  return (differing & ((1 << (length - at)) - 1)) == 0;
}

/**
 * The sessions of `count` lines, whose keys are one after the other from `at` on and end at `ends`, or NO_KEY. New keys get the next numbers. Returns how many
 * are LEFT. `found`: memory for AT_ONCE numbers of each of three columns.
 */
export function numberSessions(at: usize, ends: usize, count: u32, sessions: usize, found: usize): u32 {
  let left: u32 = 0;
  let start: u32 = 0;
  const candidates = found + AT_ONCE * 4;
  const touched = candidates + AT_ONCE * 4;
  for (let from: u32 = 0; from < count; from += AT_ONCE) {
    const lines = min(AT_ONCE, count - from);
    let begin = start;
    for (let nth: u32 = 0; nth < lines; nth++) {
      const end = load<u32>(ends + (<usize>(from + nth) << 2));
      if (end == NO_KEY) {
        store<u32>(candidates + (<usize>nth << 2), 0);
        continue;
      }
      const hash = murmur2(at + begin, end - begin);
      begin = end;
      const slot = slots + <usize>(hash & lastSlot) * SLOT_BYTES;
      store<u32>(found + (<usize>nth << 2), hash);
      store<u32>(candidates + (<usize>nth << 2), load<u32>(slot) == hash ? load<u32>(slot, 4) : 0);
    }
    // the rows, and then the keys, are brought into the cache for all of them before the first one is compared
    for (let nth: u32 = 0; nth < lines; nth++) {
      const number = load<u32>(candidates + (<usize>nth << 2));
      store<u32>(touched + (<usize>nth << 2), number == 0 ? 0 : load<u32>(rows + <usize>(number - 1) * ROW_BYTES, KEY_AT));
    }
    let sum: u32 = 0;
    for (let nth: u32 = 0; nth < lines; nth++) sum += load<u8>(keys + <usize>load<u32>(touched + (<usize>nth << 2)));
    store<u32>(touched, sum);
    for (let nth: u32 = 0; nth < lines; nth++) {
      const line = <usize>(from + nth) << 2;
      const end = load<u32>(ends + line);
      if (end == NO_KEY) {
        store<u32>(sessions + line, NO_SESSION);
        continue;
      }
      const key = at + start;
      const length = end - start;
      start = end;
      const number = load<u32>(candidates + (<usize>nth << 2));
      let session = number - 1;
      if (number == 0 || !isSame(rows + <usize>session * ROW_BYTES, key, length)) {
        const hash = load<u32>(found + (<usize>nth << 2));
        session = find(key, length, hash);
        if (session == LEFT) {
          if (slotlessCount == 0) session = add(key, length, hash);
          else left++;
        }
      }
      store<u32>(sessions + line, session);
    }
  }
  return left;
}

/** The pin of a session as it is known; a partition of -1: none. */
export function setPin(session: u32, partition: i32, lastSeen: f64): void {
  const row = rows + <usize>session * ROW_BYTES;
  store<i32>(row, partition, PARTITION);
  store<f64>(row, lastSeen, LAST_SEEN);
}

/** Begins a draft. The loads of the partitions are in their memory. */
export function beginPins(partitionCount: u32): void {
  loadCount = partitionCount;
  changeCount = 0;
  changedKeyBytes = 0;
  timeShiftMax = f64.POSITIVE_INFINITY;
}

/** The partition with the fewest events; the lowest id if there are several. */
function leastLoaded(): i32 {
  let least: i32 = 0;
  let fewest = load<f64>(loads);
  for (let partition: u32 = 1; partition < loadCount; partition++) {
    const load_ = load<f64>(loads + (<usize>partition << 3));
    if (load_ < fewest) {
      least = partition;
      fewest = load_;
    }
  }
  return least;
}

/** Adds an event to the load of its partition, if that takes sessions. */
@inline
export function countEvent(partition: u32): void {
  if (partition >= loadCount) return;
  const at = loads + (<usize>partition << 3);
  store<f64>(at, load<f64>(at) + 1);
}

/** The partition of the session's next event. */
export function assignSession(session: u32, time: f64): u32 {
  return assign(session, time);
}

@inline
function assign(session: u32, time: f64): u32 {
  const row = rows + <usize>session * ROW_BYTES;
  const known = load<i32>(row, PARTITION);
  if (known >= 0 && isForEver) {
    // by far the most frequent case: this pin never changes
    countEvent(known);
    return known;
  }
  let change = changes + <usize>load<u32>(row, PLACE) * CHANGE_BYTES;
  const isChanged = load<u32>(row, PLACE) < changeCount && load<u32>(change, SESSION) == session;
  const pinned = isChanged ? load<i32>(change, PARTITION_AFTER) : known;
  const lastSeen = isChanged ? load<f64>(change, LAST_SEEN_AFTER) : load<f64>(row, LAST_SEEN);
  const since = time - lastSeen;
  const isNew = pinned < 0 || since > endsAfter;
  const partition = isNew ? leastLoaded() : pinned;
  countEvent(partition);
  const isRenewed = !isNew && since > renewedAfter;
  // in a draft whose times may shift, all events have the same time
  if (!isNew && !isChanged) timeShiftMax = min(timeShiftMax, (isRenewed ? endsAfter : renewedAfter) - since);
  if (!isNew && !isRenewed) return partition;
  if (!isChanged) {
    change = changes + <usize>changeCount * CHANGE_BYTES;
    store<u32>(change, session, SESSION);
    store<i32>(change, pinned, PARTITION_BEFORE);
    store<f64>(change, lastSeen, LAST_SEEN_BEFORE);
    store<u32>(row, changeCount++, PLACE);
    changedKeyBytes += load<u32>(row, KEY_BYTES);
  }
  store<i32>(change, partition, PARTITION_AFTER);
  store<f64>(change, time, LAST_SEEN_AFTER);
  return partition;
}

/** Assigns the first `limit` lines of a chunk. The partitions of lines without a session are given, those of the others are written. */
export function assignSessions(limit: u32, lineFaults: usize, sessions: usize, ownTimes: usize, lineTo: usize, floor: f64, now: f64): void {
  let time = floor;
  for (let line: u32 = 0; line < limit; line++) {
    if (load<u8>(lineFaults + line) != FAULT_NONE) continue;
    const own = load<f64>(ownTimes + (<usize>line << 3));
    time = max(time, own == NO_TIME ? now : own);
    const session = load<u32>(sessions + (<usize>line << 2));
    const to = lineTo + (<usize>line << 1);
    if (session == NO_SESSION) countEvent(load<u16>(to));
    else store<u16>(to, <u16>assign(session, time));
  }
}

/**
 * Writes the changed pins in columns, one behind the other: last seen, last seen before (f64), ends of keys, sessions (u32), partitions, partitions before
 * (u16), keys. Keys are written sixteen bytes at a time, past their end.
 */
export function writeChanges(at: usize): void {
  const count = <usize>changeCount;
  const lastSeen = at;
  const lastSeenBefore = lastSeen + count * 8;
  const ends = lastSeenBefore + count * 8;
  const sessions = ends + count * 4;
  const partitions = sessions + count * 4;
  const partitionsBefore = partitions + count * 2;
  const texts = partitionsBefore + count * 2;
  let end: u32 = 0;
  for (let nth: usize = 0; nth < count; nth++) {
    const change = changes + nth * CHANGE_BYTES;
    const session = load<u32>(change, SESSION);
    const row = rows + <usize>session * ROW_BYTES;
    store<f64>(lastSeen + (nth << 3), load<f64>(change, LAST_SEEN_AFTER));
    store<f64>(lastSeenBefore + (nth << 3), load<f64>(change, LAST_SEEN_BEFORE));
    store<u32>(sessions + (nth << 2), session);
    store<u16>(partitions + (nth << 1), load<u16>(change, PARTITION_AFTER));
    store<u16>(partitionsBefore + (nth << 1), load<u16>(change, PARTITION_BEFORE));
    const length = load<u32>(row, KEY_BYTES);
    copy(texts + <usize>end, keys + <usize>load<u32>(row, KEY_AT), length);
    end += length;
    store<u32>(ends + (nth << 2), end);
  }
}

/** Makes the pins of the draft the known ones. */
export function keepChanges(): void {
  for (let nth: u32 = 0; nth < changeCount; nth++) {
    const change = changes + <usize>nth * CHANGE_BYTES;
    setPin(load<u32>(change, SESSION), load<i32>(change, PARTITION_AFTER), load<f64>(change, LAST_SEEN_AFTER));
  }
  changeCount = 0;
  changedKeyBytes = 0;
}
