/**
 * The plain machine: walks a document through its nesting, from one scalar to the next, without recursion. It alone
 * finds faults of structure, and the plan's node of each value.
 */

import { CLOSE_BRACE, CLOSE_BRACKET, COLON, COMMA, OPEN_BRACE, OPEN_BRACKET, QUOTE, skipSpace } from './bytes';
import {
  FAULT_FIELD_TWICE,
  FAULT_NONE,
  FAULT_TOO_DEEP,
  FAULT_UNDECIDED,
  FAULT_UNEXPECTED_BYTE,
  KIND_ARRAY,
  KIND_OBJECT,
} from './codes';
import { fault, STOPPED, stop } from './fault';
import { closeField, openField, slotsOf } from './fields';
import { depthMax, isLastTaken, isObjectAt, KEY_BYTES, keys, NODE_BYTES, nodeAt, nodes } from './layout';
import { scalarKind, scanScalar } from './scalars';
import { sawEscape, scanString } from './strings';

/** No key of the plan leads here. */
export const NO_NODE: i32 = -1;

/** Open containers, and the plan's node of the value at which the walk is. */
let depth: i32 = 0;
let node: i32 = 0;
/** Where the walk ended the document. */
let documentEnd: usize = 0;
/** Nodes that a key of this line has led to hold its number. */
let lineStamp: u32 = 0;

/** A whole document. Returns its end, or STOPPED. */
export function scanDocument(first: usize, line: u32): usize {
  lineStamp++;
  depth = 0;
  node = 0;
  return scanRest(first, line, false);
}

/** The rest of a document, from where a value begins, or from behind one. Returns its end, or STOPPED. */
function scanRest(from: usize, line: u32, isBehindValue: bool): usize {
  let place = from;
  let isBehind = isBehindValue;
  for (;;) {
    const at = walk(place, line, isBehind);
    if (at == STOPPED) return fault == FAULT_NONE ? documentEnd : STOPPED;
    const first = load<u8>(at);
    const end = scanScalar(at, first);
    if (end == STOPPED) return STOPPED;
    if (node != NO_NODE) {
      const slots = slotsOf(node);
      openField(line, slots, at, scalarKind(first));
      closeField(line, slots, end);
    }
    place = end;
    isBehind = true;
  }
  return STOPPED;
}

/**
 * Walks from where a value begins, or from behind one, to the next scalar: returns its address, and sets `node`.
 * STOPPED if there is a fault, or if the document ends: then `documentEnd` is set.
 */
@inline
function walk(from: usize, line: u32, isBehindValue: bool): usize {
  let at = from;
  let level = depth;
  let next = node;
  let isBehind = isBehindValue;
  for (;;) {
    if (!isBehind) {
      const byte = load<u8>(at);
      const isObject = byte == OPEN_BRACE;
      if (!isObject && byte != OPEN_BRACKET) {
        depth = level;
        node = next;
        return at;
      }
      if (level == depthMax) return stop(FAULT_TOO_DEEP, at);
      if (next != NO_NODE) openField(line, slotsOf(next), at, isObject ? KIND_OBJECT : KIND_ARRAY);
      level++;
      store<u8>(isObjectAt + level, isObject ? 1 : 0);
      store<i32>(nodeAt + (<usize>level << 2), next);
      at = skipSpace(at + 1);
      if (load<u8>(at) != (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) {
        if (isObject) {
          at = scanKey(at, next);
          if (at == STOPPED) return STOPPED;
          next = node;
        } else {
          next = NO_NODE;
        }
        continue;
      }
    }

    // behind a value, or at the end of an empty container: close containers until a comma continues one
    isBehind = false;
    for (;;) {
      if (level == 0) {
        documentEnd = at;
        return STOPPED;
      }
      at = skipSpace(at);
      const isObject = load<u8>(isObjectAt + level) == 1;
      const byte = load<u8>(at);
      if (byte == COMMA) {
        at = skipSpace(at + 1);
        if (isObject) {
          at = scanKey(at, load<i32>(nodeAt + (<usize>level << 2)));
          if (at == STOPPED) return STOPPED;
          next = node;
        } else {
          next = NO_NODE;
        }
        break;
      }
      if (byte != (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) return stop(FAULT_UNEXPECTED_BYTE, at);
      at++;
      const closed = load<i32>(nodeAt + (<usize>level << 2));
      if (closed != NO_NODE) closeField(line, slotsOf(closed), at);
      level--;
    }
  }
  return STOPPED;
}

/** A key, its colon and the space after it. Sets `node` to that to which the key leads from `parent`. */
function scanKey(start: usize, parent: i32): usize {
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
    if (load<u32>(met) == lineStamp) return stop(isLastTaken ? FAULT_UNDECIDED : FAULT_FIELD_TWICE, start);
    store<u32>(met, lineStamp);
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
