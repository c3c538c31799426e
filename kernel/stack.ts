/** The containers that are open at a place of a document, with the plan's node of each; and copies of them, to come back to. */

import { isObjectAt, nodeAt } from './layout';

/** Number of open containers. */
export let depth: i32 = 0;

/** A copy has as many levels at most; its first two words are the number of them, and a bit for each that is an object. */
export const LEVELS_MAX: i32 = 20;
export const COPY_BYTES: usize = 8 + 4 * 20;

@inline
export function setDepth(levels: i32): void {
  depth = levels;
}

@inline
export function push(level: i32, isObject: bool, node: i32): void {
  store<u8>(isObjectAt + level, isObject ? 1 : 0);
  store<i32>(nodeAt + (<usize>level << 2), node);
}

@inline
export function isObjectLevel(level: i32): bool {
  return load<u8>(isObjectAt + level) == 1;
}

@inline
export function nodeOfLevel(level: i32): i32 {
  return load<i32>(nodeAt + (<usize>level << 2));
}

export function storeStack(copy: usize): void {
  let objects: u32 = 0;
  for (let level = 1; level <= depth; level++) {
    objects |= <u32>load<u8>(isObjectAt + level) << level;
    store<i32>(copy + 4 + (<usize>level << 2), nodeOfLevel(level));
  }
  store<i32>(copy, depth);
  store<u32>(copy, objects, 4);
}

export function restoreStack(copy: usize): void {
  depth = load<i32>(copy);
  const objects = load<u32>(copy, 4);
  for (let level = 1; level <= depth; level++) push(level, ((objects >> level) & 1) == 1, load<i32>(copy + 4 + (<usize>level << 2)));
}

export function isStack(copy: usize): bool {
  if (load<i32>(copy) != depth) return false;
  const objects = load<u32>(copy, 4);
  for (let level = 1; level <= depth; level++) {
    if (((objects >> level) & 1) != <u32>load<u8>(isObjectAt + level)) return false;
    if (load<i32>(copy + 4 + (<usize>level << 2)) != nodeOfLevel(level)) return false;
  }
  return true;
}
