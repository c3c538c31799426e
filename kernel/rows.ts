/**
 * Writes scanned lines as rows. The reference is `formats/row-layout.ts`; it writes the rows that are left here: lines
 * that the scan left, escapes of code units, keys whose number has another canonical spelling, facts of a damaged
 * ledger, and rows that are longer than the room.
 */

import {
  FULL,
  fits,
  isJson,
  LEFT,
  putBytes,
  putEscapedString,
  putJson,
  putNothing,
  putString,
  setLimit,
  setStyle,
} from './cells';
import { isCloudEventField, isPlainText, KEY_ATTRIBUTES_BYTES, writeKeyAttributes } from './cloud-event';
import {
  FAULT_NONE,
  KIND_ABSENT,
  KIND_ARRAY,
  KIND_ESCAPED_STRING,
  KIND_NULL,
  KIND_OBJECT,
  KIND_STRING,
} from './codes';
import { writeInteger } from './digits';
import { ends, faults, fieldEnds, fieldKinds, fieldStarts, slotCount, starts } from './layout';
import { keyFrom, keyKind, keyTo, readKey } from './row-key';
import { floorDivide, setTimeCache, TIME_BYTES, writeTime } from './time-text';

/** Parts of a row, PART_BYTES each: what it is, and two words: bounds of a literal, or a slot. */
const PART_BYTES: usize = 12;
const PART_LITERAL: u32 = 0;
const PART_SEQUENCE: u32 = 1;
const PART_PARTITION: u32 = 2;
const PART_OFFSET: u32 = 3;
const PART_TIME: u32 = 4;
const PART_KEY: u32 = 5;
const PART_PAYLOAD: u32 = 6;
const PART_FIELD: u32 = 7;
const PART_EPOCH_MS: u32 = 8;
const PART_KEY_BYTES: u32 = 9;
const PART_PAYLOAD_BYTES: u32 = 10;
/** Of CloudEvents: writes a payload that is one, and ends the row with it; and attributes with the key, if there is one. */
const PART_CLOUD_EVENT: u32 = 11;
const PART_KEY_ATTRIBUTES: u32 = 12;

/**
 * Frames, FRAME_BYTES each: bounds of the partition's cell, bounds of the given key's cell, bytes of that key, and
 * whether there is one. Bounds count from the table.
 */
const FRAME_BYTES: usize = 24;

/** A number of a ledger has sixteen digits at most. */
const NUMBER_BYTES: usize = 17;
const QUOTE: u8 = 0x22;
const LINE_FEED: u8 = 0x0a;
const NUMBER_MAX: f64 = 9007199254740992;
/** As in `model/time/time.ts`. */
const TIME_MAX: f64 = 4503599627370496;

let parts: usize = 0;
let partsEnd: usize = 0;

/** Of the current lines. */
let base: usize = 0;
let sequences: usize = 0;
let times: usize = 0;
let offsets: usize = 0;
let frameOf: usize = 0;
let frames: usize = 0;

let end: usize = 0;
let isLeft: bool = false;

/** The end address of the rows that the last call wrote. */
export function writtenEnd(): usize {
  return end;
}

/** Whether the line at which it ended is left to the host. */
export function isRowLeft(): bool {
  return isLeft;
}

/** `timeCache`: address of 32 bytes for the kernel's use. */
export function setRows(partsAt: usize, partCount: u32, style: u32, timeCache: usize): void {
  parts = partsAt;
  partsEnd = partsAt + <usize>partCount * PART_BYTES;
  setStyle(style);
  setTimeCache(timeCache);
}

/**
 * Writes the rows of the scanned lines from `line` on, while they fit before `outEnd`, behind which 32 bytes may be
 * overwritten. Returns the first line that is not written, or `count`. Facts are by line: eight bytes each at
 * `sequencesAt`, `timesAt` and `offsetsAt`, two at `frameOfAt`.
 */
export function writeRows(line: u32, count: u32, chunkBase: usize, sequencesAt: usize, timesAt: usize, offsetsAt: usize, frameOfAt: usize, framesAt: usize, out: usize, outEnd: usize): u32 {
  base = chunkBase;
  sequences = sequencesAt;
  times = timesAt;
  offsets = offsetsAt;
  frameOf = frameOfAt;
  frames = framesAt;
  setLimit(outEnd);
  end = out;
  isLeft = false;
  for (let next = line; next < count; next++) {
    const written = load<u8>(faults + next) == FAULT_NONE ? writeRow(next, end) : LEFT;
    if (written <= FULL) {
      // a row that alone is too long is the host's, too
      isLeft = written == LEFT || end == out;
      return next;
    }
    end = written;
  }
  return count;
}

function writeRow(line: u32, out: usize): usize {
  let at = out;
  for (let part = parts; part < partsEnd; part += PART_BYTES) {
    if (load<u32>(part) == PART_CLOUD_EVENT) {
      if (isCloudEvent(line)) return putCloudEvent(line, at);
      continue;
    }
    at = writePart(line, at, load<u32>(part), load<u32>(part, 4), load<u32>(part, 8));
    if (at <= FULL) return at;
  }
  return at;
}

@inline
function writePart(line: u32, at: usize, kind: u32, first: u32, second: u32): usize {
  const fact = <usize>line << 3;
  switch (kind) {
    case PART_LITERAL:
      return putBytes(at, first, second);
    case PART_SEQUENCE:
      return putNumber(at, load<f64>(sequences + fact));
    case PART_OFFSET:
      return putNumber(at, load<f64>(offsets + fact));
    case PART_TIME:
      return putTime(at, load<f64>(times + fact));
    case PART_EPOCH_MS:
      return putMilliseconds(at, load<f64>(times + fact));
    case PART_PARTITION: {
      const frame = frameAt(line);
      return putBytes(at, frames + load<u32>(frame), frames + load<u32>(frame, 4));
    }
    case PART_KEY:
      return putKey(line, at, first);
    case PART_KEY_BYTES:
      return putKeyBytes(line, at, first);
    case PART_FIELD:
      return putField(line, at, first);
    case PART_PAYLOAD:
      return putJson(at, bound(starts, line), bound(ends, line));
    case PART_KEY_ATTRIBUTES:
      return putKeyAttributes(line, at, first);
    case PART_PAYLOAD_BYTES:
      return putNumber(at, <f64>(bound(ends, line) - bound(starts, line)));
  }
  return LEFT;
}

@inline
function bound(table: usize, index: u32): usize {
  return base + load<u32>(table + (<usize>index << 2));
}

@inline
function frameAt(line: u32): usize {
  return frames + <usize>load<u16>(frameOf + (<usize>line << 1)) * FRAME_BYTES;
}

function putNumber(at: usize, value: f64): usize {
  if (!(value >= 0 && value <= NUMBER_MAX) || Math.floor(value) != value) return LEFT;
  return fits(at, NUMBER_BYTES) ? writeInteger(at, <u64>value) : FULL;
}

@inline
function isTime(time: f64): bool {
  return time >= -TIME_MAX && time <= TIME_MAX && Math.floor(time) == time;
}

function putTime(at: usize, time: f64): usize {
  if (!isTime(time)) return LEFT;
  if (!fits(at, TIME_BYTES + 2)) return FULL;
  if (!isJson()) {
    writeTime(at, <i64>time);
    return at + TIME_BYTES;
  }
  writeTime(at + 1, <i64>time);
  store<u8>(at, QUOTE);
  store<u8>(at + 1 + TIME_BYTES, QUOTE);
  return at + TIME_BYTES + 2;
}

function putMilliseconds(at: usize, time: f64): usize {
  if (!isTime(time)) return LEFT;
  if (!fits(at, NUMBER_BYTES)) return FULL;
  const milliseconds = floorDivide(<i64>time, 1000);
  if (milliseconds >= 0) return writeInteger(at, <u64>milliseconds);
  store<u8>(at, 0x2d);
  return writeInteger(at + 1, <u64>(-milliseconds));
}

function putField(line: u32, at: usize, slot: u32): usize {
  const cell = line * slotCount + slot;
  const from = bound(fieldStarts, cell);
  const to = bound(fieldEnds, cell);
  switch (load<u8>(fieldKinds + cell)) {
    case KIND_ABSENT:
    case KIND_NULL:
      return putNothing(at);
    case KIND_STRING:
      return putString(at, from + 1, to - 1);
    case KIND_ESCAPED_STRING:
      return putEscapedString(at, from + 1, to - 1);
    case KIND_OBJECT:
    case KIND_ARRAY:
      return putJson(at, from, to);
  }
  return putBytes(at, from, to);
}

function putKey(line: u32, at: usize, slot: u32): usize {
  const frame = frameAt(line);
  if (load<u32>(frame, 20) != 0) return putBytes(at, frames + load<u32>(frame, 8), frames + load<u32>(frame, 12));
  if (!readKey(line, slot, base)) return LEFT;
  switch (keyKind) {
    case KIND_ABSENT:
      return putNothing(at);
    case KIND_STRING:
      return putString(at, keyFrom, keyTo);
    case KIND_ESCAPED_STRING:
      return putEscapedString(at, keyFrom, keyTo);
  }
  // the spelling of a number or a word: nothing in it is special to any format, and in JSON it is a text
  return isJson() ? putString(at, keyFrom, keyTo) : putBytes(at, keyFrom, keyTo);
}

function putKeyBytes(line: u32, at: usize, slot: u32): usize {
  const frame = frameAt(line);
  if (load<u32>(frame, 20) != 0) return putNumber(at, load<u32>(frame, 16));
  if (!readKey(line, slot, base) || keyKind == KIND_ESCAPED_STRING) return LEFT;
  return putNumber(at, <f64>(keyTo - keyFrom));
}

/** Whether the first four fields are those that each CloudEvent has, as `isCloudEvent` in `formats/cloudevents.ts` says it. */
function isCloudEvent(line: u32): bool {
  for (let slot: u32 = 0; slot < 4; slot++) {
    const cell = line * slotCount + slot;
    const from = bound(fieldStarts, cell);
    if (!isCloudEventField(load<u8>(fieldKinds + cell), slot == 0, from, bound(fieldEnds, cell))) return false;
  }
  return true;
}

function putCloudEvent(line: u32, at: usize): usize {
  const from = bound(starts, line);
  const to = bound(ends, line);
  if (!fits(at, to - from + 1)) return FULL;
  const end = putBytes(at, from, to);
  store<u8>(end, LINE_FEED);
  return end + 1;
}

/** Nothing without a key; the host decides about one that is not plain. */
function putKeyAttributes(line: u32, at: usize, slot: u32): usize {
  const frame = frameAt(line);
  // the cell of a given key is in quotes
  let from: usize = frames + load<u32>(frame, 8) + 1;
  let to: usize = frames + load<u32>(frame, 12) - 1;
  if (load<u32>(frame, 20) == 0) {
    if (!readKey(line, slot, base) || keyKind == KIND_ESCAPED_STRING) return LEFT;
    from = keyFrom;
    to = keyTo;
  }
  if (from == to) return at;
  if (!isPlainText(from, to)) return LEFT;
  const length = to - from;
  // a length that would overflow when doubled is excluded first
  if (!fits(at, length) || !fits(at, 2 * length + KEY_ATTRIBUTES_BYTES)) return FULL;
  return writeKeyAttributes(at, from, length);
}
