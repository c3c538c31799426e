/**
 * Checks scanned lines: the partition by hash and the own time of each, or why it is rejected. The reference is
 * `emission/draft/line-checker.ts`.
 */

import {
  FAULT_KEY_MISSING,
  FAULT_KEY_NOT_SCALAR,
  FAULT_NONE,
  FAULT_TIME_AHEAD,
  FAULT_TIME_MISSING,
  FAULT_TIME_NOT_READABLE,
  FAULT_UNDECIDED,
  KIND_ABSENT,
  KIND_DECIMAL,
  KIND_ESCAPED_STRING,
  KIND_FALSE,
  KIND_INTEGER,
  KIND_STRING,
  KIND_TRUE,
  PLAIN_DIGITS_MAX,
} from './codes';
import { sixteenDigits } from './digits';
import { readEpochNumber } from './epoch-number';
import { ends, faults, faultsAt, fieldEnds, fieldKinds, fieldStarts, partitions, slotCount, starts, times } from './layout';
import { murmur2 } from './murmur2';
import { isMinuteKept, keptMicros, MINUTE_BYTES, microsInMinute } from './minute';
import { readRfc3339, readTime, TIME_MAX } from './time';

const NO_TIME: f64 = f64.MAX_VALUE;

/** Replaces the key's slot if there is none: hash the whole payload, or leave the partition to the host. */
const WHOLE_PAYLOAD: i32 = -1;
const NO_HASH: i32 = -2;

/** Digits of a time of ms since 2001, and of any of us or ns since 1973. */
const DIGITS_MIN: usize = 13;
const MILLIS_MAX: i64 = TIME_MAX / 1000;
/** `"2026-04-12T09:00:00.000Z"` */
const USUAL_TEXT_BYTES: usize = 26;

let chunkBase: usize = 0;
let partition: u16 = 0;

/** `timeSlot` is -1 if there is none: arrival time counts. Returns the number of lines left to the reference. */
export function check(count: u32, base: usize, keySlot: i32, partitionCount: u32, timeSlot: i32, latest: f64): u32 {
  chunkBase = base;
  let undecided: u32 = 0;
  for (let line: u32 = 0; line < count; line++) {
    let fault = load<u8>(faults + line);
    if (fault == FAULT_NONE) {
      if (keySlot != NO_HASH) fault = route(line, keySlot, partitionCount);
      if (fault == FAULT_NONE) {
        if (keySlot != NO_HASH) store<u16>(partitions + (<usize>line << 1), partition);
        let time = NO_TIME;
        if (timeSlot >= 0) {
          time = usualTime(line, timeSlot);
          if (time == NO_TIME) {
            fault = timeOf(line, timeSlot);
            time = readTime();
          }
          if (fault == FAULT_NONE && time > latest) fault = FAULT_TIME_AHEAD;
        }
        store<f64>(times + (<usize>line << 3), time);
      }
      if (fault != FAULT_NONE) {
        store<u8>(faults + line, fault);
        store<u32>(faultsAt + (<usize>line << 2), load<u32>(starts + (<usize>line << 2)));
      }
    }
    if (fault == FAULT_UNDECIDED) undecided++;
  }
  return undecided;
}

/** The first of `count` lines that has a fault, or `count` if none has. The faults may be the host's. */
export function firstFault(count: u32): u32 {
  let line: u32 = 0;
  for (; line + 16 <= count; line += 16) {
    if (v128.any_true(v128.load(faults + line))) break;
  }
  for (; line < count; line++) {
    if (load<u8>(faults + line) != FAULT_NONE) break;
  }
  return line;
}

@inline
function route(line: u32, keySlot: i32, partitionCount: u32): u8 {
  let from: usize;
  let length: u32;
  if (keySlot == WHOLE_PAYLOAD) {
    const column = <usize>line << 2;
    from = chunkBase + load<u32>(starts + column);
    length = <u32>(chunkBase + load<u32>(ends + column) - from);
  } else {
    const cell = line * slotCount + <u32>keySlot;
    const kind = load<u8>(fieldKinds + cell);
    const column = <usize>cell << 2;
    from = chunkBase + load<u32>(fieldStarts + column);
    length = <u32>(chunkBase + load<u32>(fieldEnds + column) - from);
    if (kind == KIND_STRING) {
      from++;
      length -= 2;
    } else if (kind == KIND_INTEGER) {
      // minus zero is zero, and beyond that many digits a number has another spelling: the reference handles it
      if (length > PLAIN_DIGITS_MAX || (length == 2 && load<u16>(from) == 0x302d)) return FAULT_UNDECIDED;
    } else if (kind != KIND_TRUE && kind != KIND_FALSE) {
      if (kind == KIND_ESCAPED_STRING || kind == KIND_DECIMAL) return FAULT_UNDECIDED;
      return kind == KIND_ABSENT ? FAULT_KEY_MISSING : FAULT_KEY_NOT_SCALAR;
    }
  }
  partition = <u16>((murmur2(from, length) & 0x7fffffff) % partitionCount);
  return FAULT_NONE;
}

/** The usual forms: a date-time, or the digits of a number. The reference reads the others. */
@inline
function readTimeText(from: usize, to: usize): u8 {
  let fault = readRfc3339(from, to);
  if (fault != FAULT_TIME_NOT_READABLE) return fault;
  // as short as these may be a date without hyphens, which the reference refuses
  if (to - from < DIGITS_MIN || load<u8>(from) < 0x31) return FAULT_UNDECIDED;
  fault = readEpochNumber(from, to);
  return fault == FAULT_NONE ? fault : FAULT_UNDECIDED;
}

/**
 * A string with milliseconds and `Z` in the minute of the last time, or a number of milliseconds: microseconds. {@link NO_TIME}
 * if it is anything else.
 */
@inline
function usualTime(line: u32, timeSlot: i32): f64 {
  const cell = line * slotCount + <u32>timeSlot;
  const kind = load<u8>(fieldKinds + cell);
  const column = <usize>cell << 2;
  const from = chunkBase + load<u32>(fieldStarts + column);
  const length = <usize>(chunkBase + load<u32>(fieldEnds + column) - from);
  if (kind == KIND_STRING) {
    if (length != USUAL_TEXT_BYTES || !isMinuteKept(from + 1)) return NO_TIME;
    const micros = microsInMinute(from + 1 + MINUTE_BYTES);
    return micros < 0 ? NO_TIME : <f64>(keptMicros + micros);
  }
  if (kind != KIND_INTEGER || length != DIGITS_MIN) return NO_TIME;
  const millis = sixteenDigits(from, DIGITS_MIN);
  return millis < 0 || millis > MILLIS_MAX ? NO_TIME : <f64>(millis * 1000);
}

function timeOf(line: u32, timeSlot: i32): u8 {
  const cell = line * slotCount + <u32>timeSlot;
  const kind = load<u8>(fieldKinds + cell);
  const column = <usize>cell << 2;
  const from = chunkBase + load<u32>(fieldStarts + column);
  const to = chunkBase + load<u32>(fieldEnds + column);
  if (kind == KIND_INTEGER) return readEpochNumber(from, to);
  if (kind == KIND_DECIMAL) {
    // only the reference reads an exponent
    const fault = readEpochNumber(from, to);
    return fault == FAULT_NONE ? fault : FAULT_UNDECIDED;
  }
  if (kind == KIND_STRING) return readTimeText(from + 1, to - 1);
  if (kind == KIND_ESCAPED_STRING) return FAULT_UNDECIDED;
  return kind == KIND_ABSENT ? FAULT_TIME_MISSING : FAULT_TIME_NOT_READABLE;
}
