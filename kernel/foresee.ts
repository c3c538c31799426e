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
  beginStands,
  clearLiterals,
  CONTEXT,
  foresee,
  INFO,
  internLiteral,
  IS_END,
  IS_FIELD,
  IS_LONG,
  IS_STRING,
  isFull,
  lengthIn,
  lineBegin,
  MEETS,
  MEETS_ONE,
  MET,
  NEXT,
  restStands,
  SLOTS,
  stands,
  WAYS,
} from './literals';
import { scalarKind, scanNumber, scanScalar, scanWord } from './scalars';
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
    // what is foreseen first; whatever else stands here ends this loop
    for (;;) {
      const literal = <usize>load<u32>(before, NEXT);
      const info = load<u32>(literal, INFO);
      if (!beginStands(literal, info, place)) break;
      const behind = place + lengthIn(info);
      if ((info & IS_LONG) != 0) {
        if (!restStands(literal, lengthIn(info), place)) break;
      }
      if ((info & IS_STRING) != 0) {
        if ((info & MEETS) != 0) {
          if (!meetNodes(literal, info)) break;
        }
        // most strings end within sixteen bytes
        const look = behind + <usize>ctz(needsLook(behind) | 0x10000);
        if (load<u8>(look) == QUOTE) {
          place = look + 1;
          if ((info & IS_FIELD) != 0) recordField(line, load<u32>(literal, SLOTS), behind - 1, place, KIND_STRING);
        } else {
          place = scanStringOn(behind - 1, look);
          if (place == STOPPED) return STOPPED;
          if ((info & IS_FIELD) != 0) recordField(line, load<u32>(literal, SLOTS), behind - 1, place, scalarKind(QUOTE));
        }
      } else if ((info & IS_END) != 0) {
        if ((info & MEETS) != 0) {
          if (!meetNodes(literal, info)) break;
        }
        return behind - 1;
      } else {
        const first = load<u8>(behind);
        if (!isDigit(first)) {
          if (!isMinusOrWord(first)) break;
        }
        if ((info & MEETS) != 0) {
          if (!meetNodes(literal, info)) break;
        }
        place = scanNumberOrWord(behind, first);
        if (place == STOPPED) return STOPPED;
        if ((info & IS_FIELD) != 0) recordField(line, load<u32>(literal, SLOTS), behind, place, scalarKind(first));
      }
      before = literal;
    }

    const literal = foreseeOther(before, place, line);
    if (literal == 0) return plainEnd;
    place += lengthIn(load<u32>(literal, INFO));
    if ((load<u32>(literal, INFO) & IS_END) != 0) return place - 1;
    place = scanBehind(literal, place, line);
    if (place == STOPPED) return STOPPED;
    before = literal;
  }
  return STOPPED;
}

/** The scalar behind a literal that ends before `place`. Returns its end, or STOPPED. */
function scanBehind(literal: usize, place: usize, line: u32): usize {
  const info = load<u32>(literal, INFO);
  const start = (info & IS_STRING) != 0 ? place - 1 : place;
  const first = load<u8>(start);
  const end = scanScalar(start, first);
  if (end != STOPPED && (info & IS_FIELD) != 0) recordField(line, load<u32>(literal, SLOTS), start, end, scalarKind(first));
  return end;
}

@inline
function scanNumberOrWord(start: usize, first: u8): usize {
  return first == MINUS || isDigit(first) ? scanNumber(start, first) : scanWord(start, first);
}

/** Whether the literal stands here, and behind it what it leads to. */
function isForeseen(literal: usize, info: u32, place: usize): bool {
  if (!stands(literal, info, place)) return false;
  if ((info & (IS_STRING | IS_END)) != 0) return true;
  const first = load<u8>(place + lengthIn(info));
  return isDigit(first) || isMinusOrWord(first);
}

@inline
function isMinusOrWord(first: u8): bool {
  return first == MINUS || first == 0x74 || first == 0x66 || first == 0x6e;
}

/** False if a key of this line has led to a node of the literal already. */
@inline
function meetNodes(literal: usize, info: u32): bool {
  return (info & MEETS_ONE) != 0 ? meet(load<u32>(literal, MET)) : meetAll(literal + MET);
}

/**
 * What stands here if it is not the literal foreseen first: one of the others, which becomes the first, or one to learn.
 * Returns 0 if the plain machine has scanned the whole document then, as {@link learn}.
 */
function foreseeOther(before: usize, place: usize, line: u32): usize {
  for (let way: usize = 1; way < WAYS; way++) {
    const literal = <usize>load<u32>(before + (way << 2), NEXT);
    const info = load<u32>(literal, INFO);
    if (!isForeseen(literal, info, place)) continue;
    foresee(before, literal, way);
    if ((info & MEETS) == 0 || meetNodes(literal, info)) return literal;
    break;
  }
  return learn(before, place, line);
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
  let kind: u32 = 0;
  let slots: u32 = 0;
  if (scalar == STOPPED) {
    plainEnd = fault == FAULT_NONE ? documentEnd : STOPPED;
    if (plainEnd == STOPPED) return 0;
    end = skipSpace(documentEnd);
    if (load<u8>(end) != LINE_FEED) return 0;
    end++;
    kind = IS_END;
  } else {
    if (node != NO_NODE) slots = slotsOf(node);
    if (load<u8>(scalar) == QUOTE) {
      end++;
      kind = IS_STRING;
    }
  }
  if (isOpen(place) && !sawContainerField) {
    const literal = internLiteral(from, place, end - place, kind, slots);
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
