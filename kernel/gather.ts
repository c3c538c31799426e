/**
 * Splits the bodies of a commit's frames back into lines, in sequence order. The reference is `EventBatch` in
 * `model/events/event.ts`.
 */

import { copy } from './copy';

/** Frames of one commit, FRAME_BYTES each: bounds of its body, count of events, first time, and first offset. */
const FRAME_BYTES: usize = 32;
/**
 * Events by their index in the commit, SLOT_BYTES each: bounds of the payload, its time, its frame, and its index in the
 * frame. An end of 0 is an empty slot.
 */
const SLOT_BYTES: usize = 24;

const OPEN: u32 = 0x5b;
const CLOSE: u32 = 0x5d;
const COMMA: u32 = 0x2c;
const ZERO: u32 = 0x30;
const LINE_FEED: u32 = 0x0a;
/** `[[`, two digits, two commas, a payload of one byte and `]]`. */
const BODY_BYTES_MIN: usize = 9;

/** A body differs from what the engine writes; the reference reports how. */
const BROKEN: i32 = -1;

let first: u32 = 0;
let last: u32 = 0;
let firstTime: f64 = 0;
let lastTime: f64 = 0;
let end: usize = 0;

/** Indexes of the first and the last event that {@link gather} wrote, their times, and the end address of the lines. */
export function gatheredFirst(): u32 {
  return first;
}

export function gatheredLast(): u32 {
  return last;
}

export function gatheredFirstTime(): f64 {
  return firstTime;
}

export function gatheredLastTime(): f64 {
  return lastTime;
}

export function gatheredEnd(): usize {
  return end;
}

/**
 * Writes the payloads with indexes in `[from, through]` to `out`, in order, each followed by a line feed. Returns their
 * count, or -1 if a body is malformed. Needs a slot for every index, and at `out` as much memory as the bodies take
 * plus 16 bytes. Times and offsets of the events go to `times` and `offsets`, eight bytes each, and the indexes of their
 * frames to `frameOf`, two bytes each.
 */
export function gather(frames: usize, frameCount: u32, slots: usize, slotCount: u32, from: u32, through: u32, out: usize, times: usize, offsets: usize, frameOf: usize): i32 {
  memory.fill(slots, 0, <usize>slotCount * SLOT_BYTES);
  for (let nth: u32 = 0; nth < frameCount; nth++) {
    const frame = frames + <usize>nth * FRAME_BYTES;
    const fault = spread(nth, load<u32>(frame), load<u32>(frame, 4), load<u32>(frame, 8), load<f64>(frame, 16), slots, slotCount);
    if (fault < 0) return fault;
  }
  let at = out;
  let count: i32 = 0;
  const stop = slots + <usize>min(<u64>slotCount, <u64>through + 1) * SLOT_BYTES;
  for (let slot = slots + <usize>min(from, slotCount) * SLOT_BYTES; slot < stop; slot += SLOT_BYTES) {
    const payloadEnd = load<u32>(slot, 4);
    if (payloadEnd == 0) continue;
    const payload = <usize>load<u32>(slot);
    const length = <usize>payloadEnd - payload;
    copy(at, payload, length);
    at += length;
    store<u8>(at, LINE_FEED);
    at++;
    last = <u32>((slot - slots) / SLOT_BYTES);
    lastTime = load<f64>(slot, 8);
    const frame = load<u32>(slot, 16);
    store<f64>(times + <usize>count * 8, lastTime);
    store<f64>(offsets + <usize>count * 8, load<f64>(frames + <usize>frame * FRAME_BYTES, 24) + <f64>load<u32>(slot, 20));
    store<u16>(frameOf + <usize>count * 2, <u16>frame);
    if (count == 0) {
      first = last;
      firstTime = lastTime;
    }
    count++;
  }
  end = at;
  return count;
}

/**
 * Whether the events of the frames are those of a whole commit: one for each index below `slotCount`, with times that do
 * not step back. Needs a slot for every index. The times of the first and the last one are then known.
 */
export function isWhole(frames: usize, frameCount: u32, slots: usize, slotCount: u32): bool {
  memory.fill(slots, 0, <usize>slotCount * SLOT_BYTES);
  for (let nth: u32 = 0; nth < frameCount; nth++) {
    const frame = frames + <usize>nth * FRAME_BYTES;
    const fault = spread(nth, load<u32>(frame), load<u32>(frame, 4), load<u32>(frame, 8), load<f64>(frame, 16), slots, slotCount);
    if (fault < 0) return false;
  }
  firstTime = load<f64>(slots, 8);
  lastTime = firstTime;
  const stop = slots + <usize>slotCount * SLOT_BYTES;
  for (let slot = slots; slot < stop; slot += SLOT_BYTES) {
    const time = load<f64>(slot, 8);
    if (load<u32>(slot, 4) == 0 || !(time >= lastTime)) return false;
    lastTime = time;
  }
  return true;
}

/** Records the events of one body in their slots. */
function spread(frame: u32, body: usize, bodyEnd: usize, count: u32, time: f64, slots: usize, slotCount: u32): i32 {
  if (bodyEnd - body < BODY_BYTES_MIN || load<u8>(body) != OPEN || load<u8>(bodyEnd - 1) != CLOSE) return BROKEN;
  let at = body + 1;
  let before: i64 = -1;
  for (let nth: u32 = 1; nth <= count; nth++) {
    if (at >= bodyEnd || load<u8>(at) != OPEN) return BROKEN;
    at++;
    // sixteen digits at most fit a time; the engine never writes more, or none
    let stop = min(at + 10, bodyEnd);
    const placeAt = at;
    let sequence: u64 = 0;
    for (let digit = <u32>load<u8>(at) - ZERO; digit < 10 && at < stop; digit = <u32>load<u8>(at) - ZERO) {
      sequence = sequence * 10 + digit;
      at++;
    }
    if (at == placeAt || at >= bodyEnd || load<u8>(at) != COMMA) return BROKEN;
    at++;
    stop = min(at + 16, bodyEnd);
    const timeAt = at;
    let delta: u64 = 0;
    for (let digit = <u32>load<u8>(at) - ZERO; digit < 10 && at < stop; digit = <u32>load<u8>(at) - ZERO) {
      delta = delta * 10 + digit;
      at++;
    }
    if (at == timeAt || at >= bodyEnd || load<u8>(at) != COMMA) return BROKEN;
    at++;
    const lineEnd = findLineFeed(at, bodyEnd);
    const isLast = lineEnd == bodyEnd;
    // an event ends with `],` before its line feed, the last one with `]]`
    const payloadEnd = lineEnd - 2;
    if (payloadEnd <= at || load<u8>(payloadEnd) != CLOSE || load<u8>(payloadEnd + 1) != (isLast ? CLOSE : COMMA)) return BROKEN;
    if (isLast != (nth == count) || <i64>sequence <= before || sequence >= slotCount) return BROKEN;
    before = <i64>sequence;
    const slot = slots + <usize>sequence * SLOT_BYTES;
    if (load<u32>(slot, 4) != 0) return BROKEN;
    store<u32>(slot, <u32>at);
    store<u32>(slot, <u32>payloadEnd, 4);
    store<f64>(slot, time + <f64>delta, 8);
    store<u32>(slot, frame, 16);
    store<u32>(slot, nth - 1, 20);
    at = lineEnd + 1;
  }
  return 0;
}

/** The first line feed in `[at, end)`, or `end`. Reads up to fifteen bytes past it. */
function findLineFeed(from: usize, end: usize): usize {
  const feeds = i8x16.splat(<i8>LINE_FEED);
  let at = from;
  while (at < end) {
    const hits = i8x16.bitmask(i8x16.eq(v128.load(at), feeds));
    if (hits != 0) return min(at + ctz(hits), end);
    at += 16;
  }
  return end;
}
