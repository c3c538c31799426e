/**
 * Encodes the bodies of a commit's frames, one region per partition: `[[dSequence,dTime,PAYLOAD],\n[...]]`. The
 * reference is `frames/frame-body.ts`.
 */

import { copy } from './copy';
import {
  COUNTED_MAX,
  countedLastBit,
  countedText,
  digitCount,
  eightDigits,
  FIRST_COUNTED,
  leastOfDigits,
  setDigits,
  spanOfDigits,
  writeInteger,
} from './digits';
import { ends, faults, ledgerTimes, partitions, starts, times } from './layout';

/** Digits of both deltas, and the syntax around a payload. */
const AROUND_PAYLOAD: u32 = 40;
/** Payloads are copied sixteen bytes at a time, past their end. */
const GAP: u32 = 32;

/** Per partition, REGION_BYTES each: bounds of its region, count of events, first and last time. */
const REGION_BYTES: usize = 32;

const NO_TIME: f64 = f64.MAX_VALUE;

/** Time deltas below this have eight digits at most. */
const SHORT_DELTA: f64 = 100000000;

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

/** A whole number from 0 to below 2^32: the lowest bits of a double above 2^52. A conversion checks its range first. */
@inline
function integerOf(value: f64): u32 {
  return <u32>reinterpret<u64>(value + 4503599627370496);
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
  let bytes: u32 = 0;
  /** Of the next sequence: its digits and a comma, and where in the word the last digit is. */
  let sequence = FIRST_COUNTED;
  let lastDigitBit: u64 = 0;
  /** Of time deltas, which rise in all partitions alike: the numbers with as many digits as the last one had. */
  setDigits(0);
  let least = leastOfDigits;
  let span = spanOfDigits;
  let digits = digitCount;
  late = 0;
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

    if (count < COUNTED_MAX) {
      store<u64>(at, sequence);
      at += <usize>(lastDigitBit >> 3) + 2;
      sequence += <u64>1 << lastDigitBit;
      if (((sequence >> lastDigitBit) & 0xff) > 0x39) {
        sequence = countedText(count + 1);
        lastDigitBit = countedLastBit(sequence);
      }
    } else {
      at = writeInteger(at, <u64>count);
      store<u8>(at, 0x2c);
      at++;
    }

    const delta = time - load<f64>(region, 16);
    if (delta < SHORT_DELTA) {
      const value = integerOf(delta);
      if (value - least >= span) {
        setDigits(value);
        least = leastOfDigits;
        span = spanOfDigits;
        digits = digitCount;
      }
      store<u64>(at, eightDigits(value) >> ((8 - digits) << 3));
      at += <usize>digits;
    } else {
      at = writeInteger(at, <u64>(<i64>delta));
    }
    store<u8>(at, 0x2c);
    at++;

    const column = <usize>line << 2;
    const from = base + load<u32>(starts + column);
    const length = base + load<u32>(ends + column) - from;
    copy(at, from, length);
    at += length;
    bytes += <u32>length;
    store<u8>(at, 0x5d);
    store<u32>(region, <u32>(at + 1), 4);
    store<u32>(region, events + 1, 8);
    store<f64>(region, time, 24);
    count++;
  }
  payloadBytes = bytes;
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
