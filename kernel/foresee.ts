/**
 * Scans a document by foreseeing the literal behind each scalar: where it stands, its bytes are compared and nothing is
 * parsed. What was not foreseen is walked by the plain machine, from the stack of the context on; that finds all faults.
 * So a literal repeats what the plain machine said of the same bytes in the same context. The context does not say
 * whether a field stands twice in the line: the stamps of the nodes do.
 */

import { BLANK, CARRIAGE_RETURN, isDigit, LINE_FEED, MINUS, QUOTE, skipSpace } from './bytes';
import { FAULT_NONE } from './codes';
import { fault, STOPPED } from './fault';
import { clearFields, recordField, recordSlot, slotsOf } from './fields';
import { beginStamps, clearMet, meet, meetAll, NO_NODE, node } from './keys';
import { capacity, lineBytesMax } from './layout';
import { recordLine } from './line-record';
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
  isFull,
  LENGTH,
  lineBegin,
  MEETS,
  MET,
  NEXT,
  restStands,
  SLOTS,
  stands,
  WAYS,
} from './literals';
import { NULL, scalarKind, scanNumber, scanWord, TRUE, usualKind, usualNumberEnd } from './scalars';
import { restoreStack } from './stack';
import { plainTextEnd, scanStringOn } from './strings';
import { countMisses, isOpen } from './valve';
import { beginStack, documentEnd, sawContainerField, scanRest, walkLiteral } from './walk';

/** Misses as which a line counts that is left to the plain machine. */
const GIVEN_UP: usize = 3;

/** Where the plain machine ended the document, or STOPPED. */
let plainEnd: usize = STOPPED;

/** The line that {@link foreseeLines} scans, and where it begins. */
export let currentLine: u32 = 0;
export let currentStart: usize = 0;

/**
 * Scans a document, as `scanDocument`. If it ends as foreseen, and another one begins behind its line feed, its line is
 * recorded here and the next one scanned, up to `chunkEnd`: a call for each line took 3 of 36 ns. The last line is left to
 * the caller.
 */
export function foreseeLines(start: usize, first: usize, firstLine: u32, firstNumber: u32, chunkEnd: usize): usize {
  if (isFull()) clearLiterals();
  beginStamps();
  currentStart = start;
  currentLine = firstLine;
  let line = firstLine;
  let place = first;
  let before = lineBegin;
  for (;;) {
    let literal: usize;
    /** The first byte of the scalar behind the literal; in a string, the last one that is known to be plain ASCII. */
    let seen: usize = place;
    // what is usual of a line: in one loop, and almost without calls, because V8 keeps nothing in registers over one
    for (;;) {
      literal = <usize>load<u32>(before, NEXT);
      if (!beginStands(literal, place)) {
        literal = 0;
        break;
      }
      seen = place + <usize>load<u32>(literal, LENGTH);
      const flags = load<u32>(literal, FLAGS);
      if ((flags & (MEETS | IS_END | IS_LONG)) != 0) {
        if (!isWhole(literal, flags, place, seen)) {
          literal = 0;
          break;
        }
        if ((flags & IS_END) != 0) {
          const end = seen - 1;
          if (!isUsualEnd(end, line, chunkEnd)) return end;
          recordLine(line, currentStart, end, firstNumber + (line - firstLine), FAULT_NONE, end);
          line++;
          beginStamps();
          clearFields(line);
          currentLine = line;
          currentStart = seen;
          place = seen;
          before = lineBegin;
          continue;
        }
      }

      const start = seen;
      if (load<u8>(start) == QUOTE) {
        seen = plainTextEnd(start);
        if (load<u8>(seen, 1) != QUOTE) break;
        seen += 2;
      } else {
        const end = usualNumberEnd(start);
        if (end != 0) {
          seen = end;
        } else {
          const word = load<u32>(start);
          if (word != TRUE && word != NULL) {
            if (!isScalar(<u8>word)) literal = 0;
            break;
          }
          seen += 4;
        }
      }
      if ((flags & IS_FIELD) != 0) recordUsual(line, load<u32>(literal, SLOTS), start, seen);
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

/** Whether the literal that begins at `place` stands up to `end`, with a scalar behind it, and meets no node a second time. */
@inline
function isWhole(literal: usize, flags: u32, place: usize, end: usize): bool {
  if ((flags & IS_LONG) != 0) {
    if (!restStands(literal, place)) return false;
  }
  if ((flags & IS_END) == 0) {
    if (load<u8>(end) != QUOTE) {
      if (!isScalar(load<u8>(end))) return false;
    }
  }
  if ((flags & MEETS) == 0) return true;
  return load<u32>(literal, MET + 4) == 0 ? meet(load<u32>(literal, MET)) : meetAll(literal + MET);
}

/** Blanks, blank lines, carriage returns and lines that are too long are left to the caller. `end`: of the line's line feed. */
@inline
function isUsualEnd(end: usize, line: u32, chunkEnd: usize): bool {
  if (end + 1 >= chunkEnd || line + 1 == capacity) return false;
  if (load<u8>(end, 1) <= BLANK || load<u8>(end - 1) == CARRIAGE_RETURN) return false;
  return <u32>(end - currentStart) <= lineBytesMax;
}

/** Records a scalar that the loop has scanned. */
@inline
function recordUsual(line: u32, slots: u32, start: usize, end: usize): void {
  const kind = usualKind(start, end);
  recordSlot(line, <u32>ctz(slots), start, end, kind);
  const others = slots & (slots - 1);
  if (others != 0) recordField(line, others, start, end, kind);
}

/** The scalar behind the literal at `place`, of which something may be seen. Returns its end, or STOPPED. */
function scanBehind(literal: usize, place: usize, seen: usize, line: u32): usize {
  const start = place + <usize>load<u32>(literal, LENGTH);
  const first = load<u8>(start);
  let end: usize;
  if (first == QUOTE) end = scanStringOn(start, seen + 1);
  else end = first == MINUS || isDigit(first) ? scanNumber(start, first) : scanWord(start, first);
  if (end == STOPPED) return STOPPED;
  const slots = load<u32>(literal, SLOTS);
  if (slots != 0) recordField(line, slots, start, end, scalarKind(first));
  return end;
}

@inline
function isScalar(first: u8): bool {
  return first == QUOTE || isDigit(first) || first == MINUS || first == 0x74 || first == 0x66 || first == 0x6e;
}

/**
 * What stands here if it is not the literal foreseen first: one of the others, which becomes the first, or one to learn.
 * Returns 0 if the plain machine has scanned the whole document then, as {@link learn}.
 */
function foreseeOther(before: usize, place: usize, line: u32): usize {
  for (let way: usize = 1; way < WAYS; way++) {
    const literal = <usize>load<u32>(before + (way << 2), NEXT);
    if (!stands(literal, place)) continue;
    if ((load<u32>(literal, FLAGS) & IS_END) == 0 && !isScalar(load<u8>(place + <usize>load<u32>(literal, LENGTH)))) continue;
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
  else beginStack();
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
