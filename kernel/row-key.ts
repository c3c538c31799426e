/** The key of a line as rows show it. */

import {
  KIND_ABSENT,
  KIND_DECIMAL,
  KIND_ESCAPED_STRING,
  KIND_FALSE,
  KIND_INTEGER,
  KIND_STRING,
  KIND_TRUE,
  PLAIN_DIGITS_MAX,
} from './codes';
import { fieldEnds, fieldKinds, fieldStarts, slotCount } from './layout';

/** In place of the key's slot. */
const NO_SLOT: u32 = 0xffffffff;

/** Of the key that was read last: its kind, ABSENT if the line has none, and its bounds. */
export let keyKind: u8 = KIND_ABSENT;
export let keyFrom: usize = 0;
export let keyTo: usize = 0;

/** The key in the payload, as `scalarText` takes it. False if its text differs from its bytes and it is not a string. */
export function readKey(line: u32, slot: u32, base: usize): bool {
  keyKind = KIND_ABSENT;
  keyFrom = 0;
  keyTo = 0;
  if (slot == NO_SLOT) return true;
  const cell = line * slotCount + slot;
  const kind = load<u8>(fieldKinds + cell);
  const column = <usize>cell << 2;
  const from = base + load<u32>(fieldStarts + column);
  const to = base + load<u32>(fieldEnds + column);
  const isString = kind == KIND_STRING || kind == KIND_ESCAPED_STRING;
  const isNumber = kind == KIND_INTEGER || kind == KIND_DECIMAL;
  if (!isString && !isNumber && kind != KIND_TRUE && kind != KIND_FALSE) return true;
  if (isNumber && !isPlainNumber(kind, from, to)) return false;
  keyKind = kind;
  keyFrom = isString ? from + 1 : from;
  keyTo = isString ? to - 1 : to;
  return true;
}

/** Whether a number is spelled canonically. */
function isPlainNumber(kind: u8, from: usize, to: usize): bool {
  if (<u32>(to - from) > PLAIN_DIGITS_MAX) return false;
  if (kind == KIND_INTEGER) return to - from != 2 || load<u16>(from) != 0x302d;
  if (load<u8>(to - 1) == 0x30) return false;
  for (let at = from; at < to; at++) if ((load<u8>(at) | 0x20) == 0x65) return false;
  return true;
}
