/**
 * Scans a document by foreseeing the literal behind each scalar: where it stands, its bytes are compared and nothing is
 * parsed. What was not foreseen is walked by the plain machine, from the stack of the context on; that finds all faults.
 * So a literal repeats what the plain machine said of the same bytes in the same context. The context does not say
 * whether a field stands twice in the line: the stamps of the nodes do.
 */

import { isDigit, LINE_FEED, MINUS, QUOTE, skipSpace } from './bytes';
import { FAULT_NONE, KIND_STRING } from './codes';
import { fault, STOPPED } from './fault';
import { recordField, slotsOf } from './fields';
import { clearMet, meet, meetAll, NO_NODE, node } from './keys';
import {
  clearLiterals,
  CONTEXT,
  foresee,
  internLiteral,
  isFull,
  LENGTH,
  lineBegin,
  MET,
  NEXT,
  SLOTS,
  stands,
  WAYS,
} from './literals';
import { scalarKind, scanNumber, scanWord } from './scalars';
import { restoreStack } from './stack';
import { needsLook, scanStringOn } from './strings';
import { countMisses, isOpen } from './valve';
import { beginDocument, documentEnd, sawContainerField, scanRest, walkLiteral } from './walk';

/** Misses as which a line counts that is left to the plain machine. */
const GIVEN_UP: usize = 3;

/** Where the plain machine ended the document, or STOPPED. */
let plainEnd: usize = STOPPED;

/** A whole document, as `scanDocument`. */
export function foreseeDocument(first: usize, line: u32): usize {
  if (isFull()) clearLiterals();
  beginDocument();
  let place = first;
  let before = lineBegin;
  for (;;) {
    let literal = <usize>load<u32>(before, NEXT);
    if (!isForeseen(literal, place)) literal = foreseeOther(before, place);
    if (literal == 0 || !meetNodes(literal)) {
      literal = learn(before, place, line);
      if (literal == 0) return plainEnd;
    }
    place += <usize>load<u32>(literal, LENGTH);
    if (load<u32>(literal, CONTEXT) == 0) return place - 1;

    const first = load<u8>(place);
    let end: usize;
    let isPlainString = false;
    if (first == QUOTE) {
      // most strings end within sixteen bytes
      const mask = needsLook(place + 1);
      end = place + 1 + ctz(mask);
      if (mask != 0 && load<u8>(end) == QUOTE) {
        end++;
        isPlainString = true;
      } else {
        end = scanStringOn(place, mask == 0 ? end - 16 : end);
      }
    } else {
      end = first == MINUS || isDigit(first) ? scanNumber(place, first) : scanWord(place, first);
    }
    if (end == STOPPED) return STOPPED;
    const slots = load<u32>(literal, SLOTS);
    if (slots != 0) recordField(line, slots, place, end, isPlainString ? KIND_STRING : scalarKind(first));
    place = end;
    before = literal;
  }
  return STOPPED;
}

/** Whether the literal stands here, and behind it a scalar, or the line's end. */
@inline
function isForeseen(literal: usize, place: usize): bool {
  if (!stands(literal, place)) return false;
  return isScalar(load<u8>(place + <usize>load<u32>(literal, LENGTH))) || load<u32>(literal, CONTEXT) == 0;
}

@inline
function isScalar(first: u8): bool {
  return first == QUOTE || isDigit(first) || first == MINUS || first == 0x74 || first == 0x66 || first == 0x6e;
}

/** One of the other literals that are foreseen, which becomes the first; 0 if none stands here. */
function foreseeOther(before: usize, place: usize): usize {
  for (let way: usize = 1; way < WAYS; way++) {
    const literal = <usize>load<u32>(before + (way << 2), NEXT);
    if (!isForeseen(literal, place)) continue;
    foresee(before, literal, way);
    return literal;
  }
  return 0;
}

/** False if a key of this line has led to a node of the literal already. */
@inline
function meetNodes(literal: usize): bool {
  const stamp = load<u32>(literal, MET);
  if (stamp == 0) return true;
  return load<u32>(literal + 4, MET) == 0 ? meet(stamp) : meetAll(literal + MET);
}

/**
 * Walks the literal behind `before`, and keeps it for the next time. Returns 0 if the plain machine has scanned the whole
 * document then, or to a fault: see {@link plainEnd}.
 */
function learn(before: usize, place: usize, line: u32): usize {
  countMisses(1, place);
  const from = load<u32>(before, CONTEXT);
  if (from != 0) restoreStack(from);
  clearMet();
  const scalar = walkLiteral(place, line, from != 0);
  let end = scalar;
  let slots: u32 = 0;
  if (scalar == STOPPED) {
    plainEnd = fault == FAULT_NONE ? documentEnd : STOPPED;
    if (plainEnd == STOPPED) return 0;
    end = skipSpace(documentEnd);
    if (load<u8>(end) != LINE_FEED) return 0;
    end++;
  } else if (node != NO_NODE) {
    slots = slotsOf(node);
  }
  if (isOpen(place) && !sawContainerField) {
    const literal = internLiteral(from, place, end - place, scalar == STOPPED, slots);
    if (literal != 0) {
      foresee(before, literal, WAYS - 1);
      return literal;
    }
  }
  // what was learned of the line before is of no use for the rest of it
  countMisses(GIVEN_UP, place);
  if (scalar != STOPPED) plainEnd = scanRest(scalar, line);
  return 0;
}
