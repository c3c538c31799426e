/**
 * Scans a document by foreseeing the literal behind each scalar: where it stands, its bytes are compared and nothing is
 * parsed. What was not foreseen is walked by the plain machine, from the stack of the context on; that finds all faults.
 * So a literal repeats what the plain machine said of the same bytes in the same context. The context does not say
 * whether a field stands twice in the line: the stamps of the nodes do.
 */

import { isDigit, LINE_FEED, MINUS, QUOTE, skipSpace, ZERO } from './bytes';
import { FAULT_NONE, KIND_DECIMAL, KIND_INTEGER, KIND_STRING } from './codes';
import { fault, STOPPED } from './fault';
import { recordField, recordSlot, slotsOf } from './fields';
import { clearMet, meet, meetAll, NO_NODE, node } from './keys';
import {
  beginStands,
  clearLiterals,
  CONTEXT,
  FLAGS,
  foresee,
  internLiteral,
  IS_END,
  IS_FIELD,
  IS_LONG,
  IS_STRING,
  isFull,
  LENGTH,
  lineBegin,
  MEETS,
  MET,
  NEXT,
  restStands,
  SLOT,
  SLOTS,
  stands,
  WAYS,
} from './literals';
import { bytesNotDigits, POINT, scalarKind, scanNumber, scanWord } from './scalars';
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
    let literal: usize;
    /** Up to where the scalar behind the literal is a string of plain ASCII, or its first byte. */
    let seen: usize = 0;
    // what is usual; nothing is called here, so that all stays in registers
    for (;;) {
      literal = <usize>load<u32>(before, NEXT);
      if (!beginStands(literal, place)) {
        literal = 0;
        break;
      }
      const flags = load<u32>(literal, FLAGS);
      if ((flags & IS_LONG) != 0) {
        if (!restStands(literal, place)) {
          literal = 0;
          break;
        }
      }
      seen = place + <usize>load<u32>(literal, LENGTH);
      if ((flags & IS_STRING) != 0) {
        if ((flags & MEETS) != 0) {
          if (!meet(load<u32>(literal, MET))) {
            literal = 0;
            break;
          }
        }
        let look = needsLook(seen);
        if (look == 0) {
          do {
            seen += 16;
            look = needsLook(seen);
          } while (look == 0);
        }
        seen += <usize>ctz(look);
        if (load<u8>(seen) != QUOTE) break;
        seen++;
        if ((flags & IS_FIELD) != 0) recordSlot(line, load<u32>(literal, SLOT), place + <usize>load<u32>(literal, LENGTH) - 1, seen, KIND_STRING);
      } else if ((flags & IS_END) != 0) {
        if ((flags & MEETS) != 0) {
          if (!meet(load<u32>(literal, MET))) {
            literal = 0;
            break;
          }
        }
        return seen - 1;
      } else {
        const others = bytesNotDigits(seen);
        const digits = <u32>ctz(others);
        if (digits == 0) {
          if (!isMinusOrWord(load<u8>(seen))) {
            literal = 0;
            break;
          }
        }
        if ((flags & MEETS) != 0) {
          if (!meet(load<u32>(literal, MET))) {
            literal = 0;
            break;
          }
        }
        if (digits == 0 || digits > 15) break;
        if (load<u8>(seen) == ZERO && digits != 1) break;
        let end = seen + <usize>digits;
        let kind = KIND_INTEGER;
        let byte = load<u8>(end);
        if (byte == POINT) {
          const behind = <u32>ctz(others >> (digits + 1));
          if (behind == 0 || digits + behind > 14) break;
          end += <usize>(behind + 1);
          byte = load<u8>(end);
          kind = KIND_DECIMAL;
        }
        if ((byte | 0x20) == 0x65) break;
        if ((flags & IS_FIELD) != 0) recordSlot(line, load<u32>(literal, SLOT), seen, end, kind);
        seen = end;
      }
      place = seen;
      before = literal;
    }

    if (literal == 0) {
      literal = foreseeOther(before, place, line);
      if (literal == 0) return plainEnd;
      seen = place + <usize>load<u32>(literal, LENGTH);
      if ((load<u32>(literal, FLAGS) & IS_END) != 0) return seen - 1;
    }
    place = scanBehind(literal, place, seen, line);
    if (place == STOPPED) return STOPPED;
    before = literal;
  }
  return STOPPED;
}

/** The scalar behind the literal at `place`, a string from `seen` on. Returns its end, or STOPPED. */
function scanBehind(literal: usize, place: usize, seen: usize, line: u32): usize {
  const behind = place + <usize>load<u32>(literal, LENGTH);
  const isString = (load<u32>(literal, FLAGS) & IS_STRING) != 0;
  const start = isString ? behind - 1 : behind;
  const first = load<u8>(start);
  const end = isString ? scanStringOn(start, seen) : first == MINUS || isDigit(first) ? scanNumber(start, first) : scanWord(start, first);
  if (end == STOPPED) return STOPPED;
  const slots = load<u32>(literal, SLOTS);
  if (slots != 0) recordField(line, slots, start, end, scalarKind(first));
  return end;
}

/** Whether the literal stands here, and behind it what it leads to. */
function isForeseen(literal: usize, place: usize): bool {
  if (!stands(literal, place)) return false;
  if ((load<u32>(literal, FLAGS) & (IS_STRING | IS_END)) != 0) return true;
  const first = load<u8>(place + <usize>load<u32>(literal, LENGTH));
  return isDigit(first) || isMinusOrWord(first);
}

@inline
function isMinusOrWord(first: u8): bool {
  return first == MINUS || first == 0x74 || first == 0x66 || first == 0x6e;
}

/**
 * What stands here if it is not the usual literal: one of those that are foreseen, which becomes the first, or one to learn.
 * Returns 0 if the plain machine has scanned the whole document then, as {@link learn}.
 */
function foreseeOther(before: usize, place: usize, line: u32): usize {
  for (let way: usize = 0; way < WAYS; way++) {
    const literal = <usize>load<u32>(before + (way << 2), NEXT);
    if (!isForeseen(literal, place)) continue;
    foresee(before, literal, way);
    if (meetAll(literal + MET)) return literal;
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
