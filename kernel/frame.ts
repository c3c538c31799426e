/**
 * Encodes the bodies of a commit's frames, one region per partition: `[[dSequence,dTime,PAYLOAD],\n[...]]`. The
 * reference is `frames/frame-body.ts`.
 */

import { copy } from './copy';
import { beginCounting, EIGHT_DIGITS, writeCounted, writeInteger, writeShort } from './digits';
import { ends, faults, ledgerTimes, partitions, starts, times } from './layout';

/** Digits of both deltas, and the syntax around a payload. */
const AROUND_PAYLOAD: u32 = 40;
/** Payloads are copied sixteen bytes at a time, past their end. */
const GAP: u32 = 32;

/** Per partition, REGION_BYTES each: bounds of its region, count of events, first and last time. */
const REGION_BYTES: usize = 32;

const NO_TIME: f64 = f64.MAX_VALUE;

let late: u32 = 0;
let firstTime: f64 = 0;
let lastTime: f64 = 0;
let payloadBytes: u32 = 0;

export function framedLate(): u32 {
  return late;
}

export function framedFirstTime(): f64 {
  return firstTime;
}

export function framedLastTime(): f64 {
  return lastTime;
}

export function framedPayloadBytes(): u32 {
  return payloadBytes;
}

/**
 * Lays out the regions of the lines before `limit`, from `at` on. Returns the end address: the memory must reach that
 * far before {@link frame} is called.
 */
export function layRegions(regions: usize, partitionCount: u32, limit: u32, at: usize): usize {
  memory.fill(regions, 0, <usize>partitionCount * REGION_BYTES);
  for (let line: u32 = 0; line < limit; line++) {
    if (load<u8>(faults + line) != 0) continue;
    const region = regions + <usize>load<u16>(partitions + (<usize>line << 1)) * REGION_BYTES;
    const column = <usize>line << 2;
    store<u32>(region, load<u32>(region) + load<u32>(ends + column) - load<u32>(starts + column) + AROUND_PAYLOAD);
  }
  let next = at;
  for (let partition: u32 = 0; partition < partitionCount; partition++) {
    const region = regions + <usize>partition * REGION_BYTES;
    const bytes = load<u32>(region);
    store<u32>(region, <u32>next);
    store<u32>(region, <u32>next, 4);
    next += bytes + GAP;
  }
  return next;
}

/**
 * Encodes the events of the lines before `limit` that have no fault. Times rise from `floor` on; a line without its own
 * time arrives `now`. Returns the count of events.
 */
export function frame(regions: usize, partitionCount: u32, limit: u32, base: usize, floor: f64, now: f64): u32 {
  let time = floor;
  let count: u32 = 0;
  beginCounting();
  late = 0;
  payloadBytes = 0;
  for (let line: u32 = 0; line < limit; line++) {
    if (load<u8>(faults + line) != 0) continue;
    const own = load<f64>(times + (<usize>line << 3));
    if (own == NO_TIME) {
      if (now > time) time = now;
    } else if (own < time) {
      late++;
    } else {
      time = own;
    }
    if (count == 0) firstTime = time;
    store<f64>(ledgerTimes + (<usize>count << 3), time);

    const region = regions + <usize>load<u16>(partitions + (<usize>line << 1)) * REGION_BYTES;
    let at = <usize>load<u32>(region, 4);
    const events = load<u32>(region, 8);
    if (events == 0) {
      store<f64>(region, time, 16);
      store<u16>(at, 0x5b5b);
      at += 2;
    } else {
      // a comma, a line feed and a bracket
      store<u32>(at, 0x5b0a2c);
      at += 3;
    }
    at = writeCounted(at, count);
    const delta = <u64>(<i64>(time - load<f64>(region, 16)));
    at = delta < EIGHT_DIGITS ? writeShort(at, <u32>delta) : writeInteger(at, delta);
    store<u8>(at, 0x2c);
    at++;
    const column = <usize>line << 2;
    const from = base + load<u32>(starts + column);
    const length = base + load<u32>(ends + column) - from;
    copy(at, from, length);
    at += length;
    payloadBytes += <u32>length;
    store<u8>(at, 0x5d);
    store<u32>(region, <u32>(at + 1), 4);
    store<u32>(region, events + 1, 8);
    store<f64>(region, time, 24);
    count++;
  }
  lastTime = time;
  for (let partition: u32 = 0; partition < partitionCount; partition++) {
    const region = regions + <usize>partition * REGION_BYTES;
    if (load<u32>(region, 8) == 0) continue;
    const at = load<u32>(region, 4);
    store<u8>(<usize>at, 0x5d);
    store<u32>(region, at + 1, 4);
  }
  return count;
}
