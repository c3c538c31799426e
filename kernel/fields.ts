/** Records the fields of a line in its tables. `slots`: the bits of those that a value fills. */

import { KIND_ABSENT } from './codes';
import { fieldEnds, fieldKinds, fieldStarts, NODE_BYTES, nodes, slotCount } from './layout';

/** Subtracted from addresses to get offsets in the host's chunk. */
export let chunkBase: usize = 0;

export function setChunkBase(base: usize): void {
  chunkBase = base;
}

/** No field is there yet. Writes up to 15 bytes past the line's kinds: into those of the next lines, or behind the table. */
@inline
export function clearFields(line: u32): void {
  const kinds = fieldKinds + line * slotCount;
  for (let slot: u32 = 0; slot < slotCount; slot += 16) v128.store(kinds + slot, i8x16.splat(KIND_ABSENT));
}

@inline
export function slotsOf(node: i32): u32 {
  return load<u32>(nodes + <usize>node * NODE_BYTES, 8);
}

export function openField(line: u32, slots: u32, start: usize, kind: u8): void {
  for (let rest = slots; rest != 0; rest &= rest - 1) {
    const cell = line * slotCount + <u32>ctz(rest);
    store<u8>(fieldKinds + cell, kind);
    store<u32>(fieldStarts + (<usize>cell << 2), <u32>(start - chunkBase));
  }
}

export function closeField(line: u32, slots: u32, end: usize): void {
  for (let rest = slots; rest != 0; rest &= rest - 1) {
    const cell = line * slotCount + <u32>ctz(rest);
    store<u32>(fieldEnds + (<usize>cell << 2), <u32>(end - chunkBase));
  }
}

/** A field that is open and closed at once. */
export function recordField(line: u32, slots: u32, start: usize, end: usize, kind: u8): void {
  for (let rest = slots; rest != 0; rest &= rest - 1) recordSlot(line, <u32>ctz(rest), start, end, kind);
}

/** The same of one slot. */
@inline
export function recordSlot(line: u32, slot: u32, start: usize, end: usize, kind: u8): void {
  const cell = line * slotCount + slot;
  const column = <usize>cell << 2;
  store<u8>(fieldKinds + cell, kind);
  store<u32>(fieldStarts + column, <u32>(start - chunkBase));
  store<u32>(fieldEnds + column, <u32>(end - chunkBase));
}
