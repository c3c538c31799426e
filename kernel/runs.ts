/** Reads runs of pins into the table of sessions, where a newer pin replaces an older one, and writes them as one. The format is in `pin-run.ts`. */

import { murmur2 } from './murmur2';
import { giveRun, KEY_BYTES, keyAddress, LAST_SEEN, LEFT, numberOfKey, PARTITION, rowAt, RUN, sessionsKnown, setPin } from './sessions';

const NO_TIME: f64 = f64.MAX_VALUE;
const SAFE_MAX: f64 = 9007199254740991;
const PARTITION_MAX: u64 = 0xffff;
/** Bytes of a number at most. */
const NUMBER_BYTES_MAX: u32 = 8;
const NOT_A_RUN: i32 = -1;
const NO_ROOM: i32 = -2;

let place: usize = 0;
let isNumber: bool = false;

/** Reads the number at `place`, which must end before `end`. */
@inline
function readNumber(end: usize): u64 {
  const stop = min(place + NUMBER_BYTES_MAX, end);
  let number: u64 = 0;
  let shift: u64 = 0;
  isNumber = false;
  while (place < stop) {
    const byte = load<u8>(place++);
    number |= (<u64>(byte & 127)) << shift;
    shift += 7;
    if (byte < 128) {
      isNumber = true;
      break;
    }
  }
  return number;
}

/** The number of pins, or NOT_A_RUN. */
export function countPins(at: usize, end: usize, hasTimes: bool): i32 {
  let count: i32 = 0;
  for (place = at; place < end; count++) {
    const length = readNumber(end);
    if (!isNumber || length > <u64>(end - place)) return NOT_A_RUN;
    place += <usize>length;
    readNumber(end);
    if (!isNumber) return NOT_A_RUN;
    if (!hasTimes) continue;
    readNumber(end);
    if (!isNumber) return NOT_A_RUN;
  }
  return count;
}

/**
 * Takes the pins of a run. Returns 0; NOT_A_RUN if it is damaged; NO_ROOM if there are more than `sessionsMax` sessions, or no slot for one. `number`: of the run
 * among those that are written together.
 */
export function readRun(at: usize, end: usize, hasTimes: bool, fromTime: f64, number: u32, sessionsMax: u32): i32 {
  for (place = at; place < end; ) {
    const length = readNumber(end);
    const key = place;
    if (!isNumber || length > <u64>(end - key)) return NOT_A_RUN;
    place = key + <usize>length;
    const partition = readNumber(end);
    if (!isNumber || partition > PARTITION_MAX) return NOT_A_RUN;
    let lastSeen = NO_TIME;
    if (hasTimes) {
      lastSeen = fromTime + <f64>readNumber(end);
      if (!isNumber || !(abs(lastSeen) <= SAFE_MAX)) return NOT_A_RUN;
    }
    const session = numberOfKey(key, <u32>length, murmur2(key, <u32>length));
    if (session == LEFT || session >= sessionsMax) return NO_ROOM;
    setPin(session, <i32>partition, lastSeen);
    giveRun(session, number);
  }
  return 0;
}

@inline
function writeNumber(at: usize, number: u64): usize {
  let to = at;
  let rest = number;
  for (; rest > 127; rest >>= 7) store<u8>(to++, <u8>(rest & 127) | 128);
  store<u8>(to, <u8>rest);
  return to + 1;
}

/** Writes the pins that were read last in a run of this number. Returns the address behind them. */
export function writeRun(at: usize, hasTimes: bool, fromTime: f64, number: u32): usize {
  let to = at;
  const count = sessionsKnown();
  for (let session: u32 = 0; session < count; session++) {
    const row = rowAt(session);
    if (load<u32>(row, RUN) != number) continue;
    const length = load<u32>(row, KEY_BYTES);
    to = writeNumber(to, length);
    memory.copy(to, keyAddress(row), length);
    to = writeNumber(to + length, load<u32>(row, PARTITION));
    if (hasTimes) to = writeNumber(to, <u64>(load<f64>(row, LAST_SEEN) - fromTime));
  }
  return to;
}
