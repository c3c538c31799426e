/**
 * A faster copy of the reference scanner: strict RFC 8259 and UTF-8 in one pass, strings sixteen bytes at a time, the
 * fields of a plan. Input ends with a line feed, followed by 64 readable bytes. No loop checks for the end, because no
 * token contains a line feed.
 */

import { CARRIAGE_RETURN, findLineFeed, LINE_FEED, skipSpace } from './bytes';
import {
  FAULT_BAD_UTF8,
  FAULT_NONE,
  FAULT_TOO_LONG,
  FAULT_UNDECIDED,
  FAULT_UNEXPECTED_BYTE,
  FAULT_UNEXPECTED_END,
} from './codes';
import { clearFault, fault, faultAt, STOPPED, stop } from './fault';
import { clearFields, setChunkBase } from './fields';
import { currentLine, currentStart, foreseeLines } from './foresee';
import { capacity, layPlan, lineBytesMax } from './layout';
import { recordLine } from './line-record';
import { layLiterals } from './literals';
import { beginChunk, isOpen, openValve } from './valve';
import { scanDocument } from './walk';

/** Result of the last scan, read by the host. */
let lineCount: u32 = 0;
let undecidedCount: u32 = 0;

export function scannedLineCount(): u32 {
  return lineCount;
}

export function scannedUndecidedCount(): u32 {
  return undecidedCount;
}

/** A new plan, at addresses of `layout.ts`; `literalsAt`: of memory for the table of literals. */
export function setPlan(nodes: usize, keys: usize, slots: u32, depth: i32, lineBytes: u32, objectBits: usize, nodeStack: usize, isLastRepeatTaken: bool, literalsAt: usize): void {
  layPlan(nodes, keys, slots, depth, lineBytes, objectBits, nodeStack, isLastRepeatTaken);
  layLiterals(literalsAt);
  openValve();
}

/**
 * Scans `[start, end)`. Returns the count of records, or `capacity + 1` if the tables are too small: the result is then
 * invalid.
 */
export function scan(start: usize, end: usize, base: usize): u32 {
  setChunkBase(base);
  beginChunk(start, end);
  let lineStart = start;
  let number: u32 = 0;
  let line: u32 = 0;
  undecidedCount = 0;
  while (lineStart < end) {
    const first = skipSpace(lineStart);
    if (load<u8>(first) == LINE_FEED) {
      lineStart = first + 1;
    } else {
      if (line == capacity) return capacity + 1;
      clearFields(line);
      clearFault();
      let documentEnd: usize;
      if (isOpen(first)) {
        documentEnd = foreseeLines(lineStart, first, line, number, end);
        number += currentLine - line;
        line = currentLine;
        lineStart = currentStart;
      } else {
        documentEnd = scanDocument(first, line);
      }
      lineStart = endLine(lineStart, documentEnd, line, number);
      line++;
    }
    number++;
  }
  lineCount = number;
  return line;
}

/** Ends a line behind its document; returns where the next one begins. */
@inline
function endLine(start: usize, documentEnd: usize, line: u32, number: u32): usize {
  const lineFeed = lineFeedBehind(documentEnd);
  let lineEnd = lineFeed;
  if (lineEnd > start && load<u8>(lineEnd - 1) == CARRIAGE_RETURN) lineEnd--;

  if (<u32>(lineEnd - start) > lineBytesMax) stop(FAULT_TOO_LONG, start + lineBytesMax);
  let at = lineEnd;
  if (fault != FAULT_NONE) {
    if (fault == FAULT_UNDECIDED) undecidedCount++;
    // a token that stopped at the line's end was truncated
    else if (faultAt >= lineEnd && fault != FAULT_BAD_UTF8 && fault != FAULT_TOO_LONG) stop(FAULT_UNEXPECTED_END, faultAt);
    // a carriage return that belongs to the line's end is followed by no byte of the line
    if (faultAt < lineEnd) at = faultAt;
  }
  recordLine(line, start, lineEnd, number, fault, at);
  return lineFeed + 1;
}

/** The end of the line, only blanks before which may follow its document. */
@inline
function lineFeedBehind(documentEnd: usize): usize {
  if (documentEnd == STOPPED) return findLineFeed(faultAt);
  // a foreseen literal ends there
  if (load<u8>(documentEnd) == LINE_FEED) return documentEnd;
  const rest = skipSpace(documentEnd);
  if (load<u8>(rest) == LINE_FEED) return rest;
  stop(FAULT_UNEXPECTED_BYTE, rest);
  return findLineFeed(rest);
}
