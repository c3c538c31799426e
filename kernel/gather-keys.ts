/** Gathers the keys of scanned lines in one place, so that they can be looked up where the lines are not. */

import { FAULT_NONE, FAULT_TIME_AHEAD, FAULT_TIME_MISSING, KIND_FALSE, KIND_INTEGER, KIND_STRING, KIND_TRUE, PLAIN_DIGITS_MAX } from './codes';
import { copy } from './copy';
import { faults, fieldEnds, fieldKinds, fieldStarts, slotCount } from './layout';

/** In place of the end of a key whose bytes are not its text, or of a line that has none. */
const NO_KEY: u32 = 0xffffffff;
/** As in `line-fault.ts`: a fault of the time does not hide the key. */
const FAULT_TIME_SKIPPED: u8 = 25;

let gathered: u32 = 0;

/** How many lines had a key. */
export function gatheredKeys(): u32 {
  return gathered;
}

/**
 * Writes the end of the key of each of `count` lines at `ends`, and the keys behind one another from `keys` on, sixteen bytes at a time. Returns the length of all
 * keys.
 */
export function gatherKeys(count: u32, base: usize, keySlot: u32, ends: usize, keys: usize): u32 {
  let length: u32 = 0;
  gathered = 0;
  for (let line: u32 = 0; line < count; line++) {
    const fault = load<u8>(faults + line);
    const cell = line * slotCount + keySlot;
    const isKept =
      fault == FAULT_NONE || (fault >= FAULT_TIME_MISSING && fault <= FAULT_TIME_AHEAD) || fault == FAULT_TIME_SKIPPED;
    const kind = load<u8>(fieldKinds + cell);
    let from = base + load<u32>(fieldStarts + (<usize>cell << 2));
    let bytes = <u32>(base + load<u32>(fieldEnds + (<usize>cell << 2)) - from);
    if (!isKept || !isPlain(kind, from, bytes)) {
      store<u32>(ends + (<usize>line << 2), NO_KEY);
      continue;
    }
    if (kind == KIND_STRING) {
      from++;
      bytes -= 2;
    }
    copy(keys + length, from, bytes);
    length += bytes;
    store<u32>(ends + (<usize>line << 2), length);
    gathered++;
  }
  return length;
}

/** Whether the bytes, without a string's quotes, are the text of the key: not where a number may have another spelling. */
@inline
function isPlain(kind: u8, from: usize, bytes: u32): bool {
  if (kind == KIND_STRING || kind == KIND_TRUE || kind == KIND_FALSE) return true;
  // minus zero is zero
  return kind == KIND_INTEGER && bytes <= PLAIN_DIGITS_MAX && !(bytes == 2 && load<u16>(from) == 0x302d);
}
