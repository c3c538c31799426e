/**
 * The plain machine: walks a document through its nesting, from one scalar to the next, without recursion. It alone
 * finds faults of structure, and the plan's node of each value.
 */

import { CLOSE_BRACE, CLOSE_BRACKET, COMMA, OPEN_BRACE, OPEN_BRACKET, skipSpace } from './bytes';
import { FAULT_NONE, FAULT_TOO_DEEP, FAULT_UNEXPECTED_BYTE, KIND_ARRAY, KIND_OBJECT } from './codes';
import { fault, STOPPED, stop } from './fault';
import { closeField, openField, recordField, slotsOf } from './fields';
import { beginStamps, NO_NODE, node, scanKey, setNode } from './keys';
import { depthMax } from './layout';
import { scalarKind, scanScalar } from './scalars';
import { depth, isObjectLevel, nodeOfLevel, push, setDepth } from './stack';

/** Where the walk ended the document. */
export let documentEnd: usize = 0;
/** Whether the last literal opened a container that is a field. */
export let sawContainerField: bool = false;

/** No container is open, and the root begins. */
@inline
export function beginStack(): void {
  setDepth(0);
  setNode(0);
}

/** A whole document. Returns its end, or STOPPED. */
export function scanDocument(first: usize, line: u32): usize {
  beginStamps();
  beginStack();
  return scanRest(first, line);
}

/** The rest of a document, from where a value begins, that of the current stack and node. Returns its end, or STOPPED. */
export function scanRest(from: usize, line: u32): usize {
  let at = walk(from, line, false);
  while (at != STOPPED) {
    const first = load<u8>(at);
    const end = scanScalar(at, first);
    if (end == STOPPED) return STOPPED;
    if (node != NO_NODE) recordField(line, slotsOf(node), at, end, scalarKind(first));
    at = walk(end, line, true);
  }
  return fault == FAULT_NONE ? documentEnd : STOPPED;
}

/** One literal, as {@link walk}. */
export function walkLiteral(from: usize, line: u32, isBehindValue: bool): usize {
  sawContainerField = false;
  return walk(from, line, isBehindValue);
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
        setDepth(level);
        setNode(next);
        return at;
      }
      if (level == depthMax) return stop(FAULT_TOO_DEEP, at);
      if (next != NO_NODE) openContainer(line, next, at, isObject ? KIND_OBJECT : KIND_ARRAY);
      level++;
      push(level, isObject, next);
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
      const isObject = isObjectLevel(level);
      const byte = load<u8>(at);
      if (byte == COMMA) {
        at = skipSpace(at + 1);
        if (isObject) {
          at = scanKey(at, nodeOfLevel(level));
          if (at == STOPPED) return STOPPED;
          next = node;
        } else {
          next = NO_NODE;
        }
        break;
      }
      if (byte != (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) return stop(FAULT_UNEXPECTED_BYTE, at);
      at++;
      const closed = nodeOfLevel(level);
      if (closed != NO_NODE) closeField(line, slotsOf(closed), at);
      level--;
    }
  }
  return STOPPED;
}

function openContainer(line: u32, node: i32, start: usize, kind: u8): void {
  const slots = slotsOf(node);
  if (slots == 0) return;
  sawContainerField = true;
  openField(line, slots, start, kind);
}
