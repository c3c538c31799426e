/** Keys of the plan: to which node one leads, and which nodes the keys of a line have led to. */

import { COLON, QUOTE, skipSpace } from './bytes';
import { FAULT_FIELD_TWICE, FAULT_UNDECIDED, FAULT_UNEXPECTED_BYTE } from './codes';
import { STOPPED, stop } from './fault';
import { isLastTaken, KEY_BYTES, keys, NODE_BYTES, nodes } from './layout';
import { sawEscape, scanString } from './strings';

/** No key of the plan leads here. */
export const NO_NODE: i32 = -1;
/** Stamps that are listed. */
export const MET_MAX: u32 = 4;

/** The node to which the last key leads. */
export let node: i32 = NO_NODE;

/** The stamp of a node holds the number of the last line in which a key has led to it. */
let lineStamp: u32 = 0;
/** Addresses of the stamps that were set since {@link clearMet}, and their number: the list has only the first {@link MET_MAX}. */
export let metList: usize = 0;
export let metCount: u32 = 0;

export function setMetList(at: usize): void {
  metList = at;
}

@inline
export function beginStamps(): void {
  lineStamp++;
}

@inline
export function clearMet(): void {
  metCount = 0;
}

@inline
export function setNode(next: i32): void {
  node = next;
}

/** Stamps a node as if its key were read here. Returns false if a key of this line has led to it already. */
@inline
export function meet(stamp: usize): bool {
  if (load<u32>(stamp) == lineStamp) return false;
  store<u32>(stamp, lineStamp);
  return true;
}

/** The same of a list that ends with 0 or is full. If one is stamped already, none is stamped here. */
export function meetAll(list: usize): bool {
  for (let nth: usize = 0; nth < MET_MAX; nth++) {
    const stamp = <usize>load<u32>(list + (nth << 2));
    if (stamp == 0) break;
    if (load<u32>(stamp) == lineStamp) return false;
  }
  for (let nth: usize = 0; nth < MET_MAX; nth++) {
    const stamp = <usize>load<u32>(list + (nth << 2));
    if (stamp == 0) break;
    store<u32>(stamp, lineStamp);
  }
  return true;
}

/** A key, its colon and the space after it. Sets `node` to that to which the key leads from `parent`. */
export function scanKey(start: usize, parent: i32): usize {
  node = NO_NODE;
  if (load<u8>(start) != QUOTE) return stop(FAULT_UNEXPECTED_BYTE, start);
  const keyEnd = scanString(start);
  if (keyEnd == STOPPED) return STOPPED;
  if (parent != NO_NODE) {
    const entry = nodes + <usize>parent * NODE_BYTES;
    const count = load<u32>(entry, 4);
    if (count != 0) {
      // only the reference scanner reads escapes
      if (sawEscape) return stop(FAULT_UNDECIDED, start);
      node = match(load<u32>(entry), count, start + 1, keyEnd - start - 2);
    }
  }
  let colon = keyEnd;
  if (load<u8>(colon) != COLON) {
    colon = skipSpace(colon);
    if (load<u8>(colon) != COLON) return stop(FAULT_UNEXPECTED_BYTE, colon);
  }
  if (node != NO_NODE) {
    const met = nodes + <usize>node * NODE_BYTES + 12;
    if (!meet(met)) return stop(isLastTaken ? FAULT_UNDECIDED : FAULT_FIELD_TWICE, start);
    if (metCount < MET_MAX) store<u32>(metList + (<usize>metCount << 2), <u32>met);
    metCount++;
  }
  return skipSpace(colon + 1);
}

/** The node to which the key text leads, among `count` keys. */
function match(firstKey: u32, count: u32, text: usize, length: usize): i32 {
  let entry = keys + <usize>firstKey * KEY_BYTES;
  for (let nth: u32 = 0; nth < count; nth++) {
    if (load<u32>(entry, 4) == <u32>length && isSame(load<u32>(entry), text, length)) return load<i32>(entry, 8);
    entry += KEY_BYTES;
  }
  return NO_NODE;
}

function isSame(one: usize, other: usize, length: usize): bool {
  for (let offset: usize = 0; offset < length; offset++) {
    if (load<u8>(one + offset) != load<u8>(other + offset)) return false;
  }
  return true;
}
