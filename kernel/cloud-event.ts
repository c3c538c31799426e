/** CloudEvents: which payloads are one, and the attributes with the key. The reference is `formats/cloudevents.ts`. */

import { KIND_ESCAPED_STRING, KIND_STRING } from './codes';
import { copy } from './copy';

/** `1.0` behind its quote, and the quote behind it. */
const VERSION: u32 = 0x22302e31;
/** `,"subject":"` */
const SUBJECT_START: u64 = 0x63656a627573222c;
const SUBJECT_END: u32 = 0x223a2274;
const SUBJECT_BYTES: usize = 12;
/** `","partitionkey":"` */
const KEY_START: u64 = 0x6974726170222c22;
const KEY_MIDDLE: u64 = 0x2279656b6e6f6974;
const KEY_END: u16 = 0x223a;
const KEY_BYTES: usize = 18;
const QUOTE: u8 = 0x22;

/** Around both keys. */
export const KEY_ATTRIBUTES_BYTES: usize = SUBJECT_BYTES + KEY_BYTES + 1;

/** Whether a field is a string that is not empty, and the version the one that there is. */
@inline
export function isCloudEventField(kind: u8, isVersion: bool, from: usize, to: usize): bool {
  if (isVersion) return kind == KIND_STRING && to - from == 5 && load<u32>(from, 1) == VERSION;
  return (kind == KIND_STRING || kind == KIND_ESCAPED_STRING) && to - from != 2;
}

/** Whether JSON writes a text as it is, and a CloudEvent may have all of its characters: those of ASCII but for controls. */
export function isPlainText(from: usize, to: usize): bool {
  for (let at = from; at < to; at += 16) {
    const bytes = v128.load(at);
    const special = v128.or(i8x16.ge_u(bytes, i8x16.splat(0x7f)), i8x16.eq(bytes, i8x16.splat(0x5c)));
    const hits = i8x16.bitmask(special);
    if (hits != 0 && at + ctz(hits) < to) return false;
  }
  return true;
}

export function writeKeyAttributes(at: usize, from: usize, length: usize): usize {
  store<u64>(at, SUBJECT_START);
  store<u32>(at, SUBJECT_END, 8);
  let place = at + SUBJECT_BYTES;
  copy(place, from, length);
  place += length;
  store<u64>(place, KEY_START);
  store<u64>(place, KEY_MIDDLE, 8);
  store<u16>(place, KEY_END, 16);
  place += KEY_BYTES;
  copy(place, from, length);
  place += length;
  store<u8>(place, QUOTE);
  return place + 1;
}
