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
  INFO,
  internLiteral,
  IS_END,
  IS_FIELD,
  IS_STRING,
  isFull,
  lengthIn,
  lineBegin,
  MEETS_MANY,
  MEETS_ONE,
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
    let info = load<u32>(literal, INFO);
    if (!isForeseen(literal, info, place) || !meetNodes(literal, info)) {
      literal = foreseeOther(before, place, line);
      if (literal == 0) return plainEnd;
      info = load<u32>(literal, INFO);
    }
    place += lengthIn(info);

    let end: usize;
    let kind = KIND_STRING;
    if ((info & IS_STRING) != 0) {
      // most strings end within sixteen bytes
      end = place + <usize>ctz(needsLook(place) | 0x10000);
      if (load<u8>(end) == QUOTE) {
        end++;
      } else {
        end = scanStringOn(place - 1, end);
        if (end == STOPPED) return STOPPED;
        kind = scalarKind(QUOTE);
      }
      if ((info & IS_FIELD) != 0) recordField(line, load<u32>(literal, SLOTS), place - 1, end, kind);
    } else {
      if ((info & IS_END) != 0) return place - 1;
      const first = load<u8>(place);
      end = first == MINUS || isDigit(first) ? scanNumber(place, first) : scanWord(place, first);
      if (end == STOPPED) return STOPPED;
      if ((info & IS_FIELD) != 0) recordField(line, load<u32>(literal, SLOTS), place, end, scalarKind(first));
    }
    place = end;
    before = literal;
  }
  return STOPPED;
}

/** Whether the literal stands here, and behind it what it leads to. */
@inline
function isForeseen(literal: usize, info: u32, place: usize): bool {
  if (!stands(literal, info, place)) return false;
  return (info & (IS_STRING | IS_END)) != 0 || isNumberOrWord(load<u8>(place + lengthIn(info)));
}

/** `-`, `0` to `9`; `f`, `n`, `t`. */
const OTHERS_LOW: u64 = 0x03ff200000000000;
const OTHERS_HIGH: u64 = 0x0010404000000000;

/** Whether a scalar that is no string begins with this byte. */
@inline
function isNumberOrWord(first: u8): bool {
  return first < 0x80 && (((first < 0x40 ? OTHERS_LOW : OTHERS_HIGH) >> <u64>(first & 0x3f)) & 1) == 1;
}

/** False if a key of this line has led to a node of the literal already. */
@inline
function meetNodes(literal: usize, info: u32): bool {
  if ((info & (MEETS_ONE | MEETS_MANY)) == 0) return true;
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
    if (meetNodes(literal, info)) return literal;
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
